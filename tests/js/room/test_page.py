"""The room page, as a person meets it: what is shown, what may be pressed, and what the server is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.js.room.scripted_page import CONNECTED, EMPTY_BOARD, OpenRoom, playing, room_view, seat

TWO = [seat("ann"), seat("bob")]


def test_start_is_closed_with_the_reason_told_and_opens_when_nothing_is_in_the_way(open_room: OpenRoom) -> None:
    room = open_room().open()
    start = room.page.get_by_role("button", name="Start", exact=True)
    expect(start).to_have_attribute("aria-disabled", "true")
    expect(start).to_have_accessible_description("Needs one more player.")
    start.click(force=True)
    room.frame(room_view(seats=[seat("ann"), seat("bob", ready=True)], blocked=""))
    expect(start).not_to_have_attribute("aria-disabled", "true")
    assert [message for message in room.said if message["t"] == "start"] == []
    start.click()
    assert room.heard("start") == {}


def test_a_guest_gets_ready_and_changes_their_mind(open_room: OpenRoom) -> None:
    room = open_room(me="bob").open(room_view(seats=TWO, blocked="Waiting for Bob to be ready."))
    expect(room.page.locator("#actions-text")).to_have_text("Say when you are ready.")
    room.page.get_by_role("button", name="I am ready").click()
    assert room.heard("ready") == {"ready": True}
    room.frame(room_view(seats=[seat("ann"), seat("bob", ready=True)], blocked=""))
    ready = room.page.get_by_role("button", name="Ready", exact=True)
    expect(ready).to_have_attribute("aria-pressed", "true")
    expect(room.page.locator("#actions-text")).to_have_text("Waiting for the host to start.")
    ready.click()
    assert room.heard("ready") == {"ready": False}


def test_the_host_adds_a_bot_of_a_strength_and_removes_it(open_room: OpenRoom) -> None:
    room = open_room().open()
    room.page.get_by_label("Strength of the bot").select_option(index=0)
    strength = room.page.get_by_label("Strength of the bot").input_value()
    room.page.get_by_role("button", name="Add a bot").click()
    assert room.heard("bot") == {"strength": strength}
    bot = seat("bot-1", name="Byte", kind="bot", strength=strength, ready=True)
    room.frame(room_view(seats=[seat("ann"), bot], blocked=""))
    row = room.page.locator("#seats > li").nth(1)
    expect(row).to_contain_text(f"Bot · {strength}")
    row.get_by_label("What to do with Byte").click()
    expect(row.get_by_role("button", name="Make Byte the host")).to_be_hidden()
    row.get_by_role("button", name="Remove Byte").click()
    assert room.heard("kick") == {"seat": 1}


def test_the_host_hands_over_by_keyboard_alone(open_room: OpenRoom) -> None:
    room = open_room().open(room_view(seats=TWO, blocked=""))
    summary = room.page.get_by_label("What to do with Bob")
    summary.focus()
    room.page.keyboard.press("Enter")
    room.page.keyboard.press("Tab")
    expect(room.page.get_by_role("button", name="Make Bob the host")).to_be_focused()
    room.page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    room.page.keyboard.press("Enter")
    room.page.keyboard.press("Tab")
    room.page.keyboard.press("Enter")
    assert room.heard("host") == {"seat": 1}


def test_focus_and_an_open_menu_outlive_what_changes_around_them(open_room: OpenRoom) -> None:
    room = open_room().open(room_view(seats=TWO, blocked=""))
    room.page.get_by_label("What to do with Bob").click()
    remove = room.page.get_by_role("button", name="Remove Bob")
    remove.focus()
    for ready in (True, False, True):
        room.frame(room_view(seats=[seat("ann"), seat("bob", ready=ready)], blocked="", spectators=3))
    expect(remove).to_be_focused()
    expect(remove).to_be_visible()


def test_names_are_text_whatever_is_in_them(open_room: OpenRoom) -> None:
    evil = "<img src=x onerror=alert(1)><b>Bo"
    room = open_room().open(room_view(seats=[seat("ann"), seat("bob", name=evil)], blocked=""))
    room.event("chat", player="bob", name=evil, seat=1, text="<script>alert(2)</script>")
    room.event("joined", seat=1, name=evil, kind="guest")
    expect(room.page.locator("#seats .seat-name").nth(1)).to_have_text(evil)
    expect(room.page.locator("#lines .line-text")).to_have_text("<script>alert(2)</script>")
    assert room.page.locator("#lines img, #seats img, #lines script").count() == 0


def test_a_seat_shows_who_is_away_and_who_is_a_bot_on_its_way(open_room: OpenRoom) -> None:
    bot = seat("bot-1", name="Dot", kind="bot", here=False)
    room = open_room().open(room_view(seats=[seat("ann"), seat("bob", here=False), bot]))
    rows = room.page.locator("#seats > li")
    expect(rows.nth(0)).to_contain_text("You")
    expect(rows.nth(0)).to_contain_text("Host")
    expect(rows.nth(1)).to_contain_text("Reconnecting")
    expect(rows.nth(2)).to_contain_text("On its way")


class TestChat:
    def test_ones_own_line_is_there_at_once_and_pale_until_the_room_has_it(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.page.get_by_label("Your message").fill("  hello   there ")
        room.page.keyboard.press("Enter")
        line = room.page.locator("#lines .is-mine")
        expect(line).to_have_class("line is-mine seat-0 is-pending")
        assert room.heard("chat") == {"text": "hello there"}
        room.event("chat", player="ann", name="Ann", seat=0, text="hello there")
        room.frame(room_view())
        expect(line).to_have_count(1)
        expect(line).to_have_text("You hello there")
        expect(line).to_have_class("line is-mine seat-0")

    def test_a_refused_line_says_why_and_can_be_sent_again(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.page.get_by_label("Your message").fill("again and again")
        room.page.keyboard.press("Enter")
        room.heard("chat")
        room.say({"t": "reject", "seq": room.seq, "code": "slow_down", "message": "Wait a second."})
        expect(room.page.locator("#lines .is-failed")).to_contain_text("Not sent: Wait a second.")
        expect(room.page.get_by_label("Your message")).to_have_value("again and again")

    def test_letters_are_counted_near_the_end_and_the_log_is_a_live_region(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.page.get_by_label("Your message").fill("x" * 295)
        expect(room.page.locator("#say-left")).to_have_text("5 letters left")
        expect(room.page.get_by_role("log")).to_be_visible()

    def test_an_emote_floats_at_its_seat_and_ones_own_at_once(self, open_room: OpenRoom) -> None:
        room = open_room().open(playing(), EMPTY_BOARD)
        room.say({"t": "relay", "seat": 1, "kind": "emote", "body": {"emote": "gg"}})
        expect(room.page.locator("#seats > li").nth(1).locator(".bubble")).to_have_text("Good game!")
        room.page.get_by_role("button", name="Wow").click()
        assert room.heard("relay") == {"kind": "emote", "body": {"emote": "wow"}}
        expect(room.page.locator("#seats > li").nth(0).locator(".bubble")).to_have_text("Wow!")
        room.say({"t": "relay", "seat": 1, "kind": "emote", "body": {"emote": "<b>unknown"}})
        room.settle()
        expect(room.page.locator("#seats > li").nth(1).locator(".bubble")).to_have_text("Good game!")


class TestInvite:
    def test_is_copied_with_a_confirmation(self, open_room: OpenRoom) -> None:
        room = open_room(permissions=["clipboard-read", "clipboard-write"]).open()
        room.page.get_by_role("button", name="Copy", exact=True).click()
        expect(room.page.locator("#invite-copy")).to_have_text("Copied")
        expect(room.page.locator("#live")).to_have_text("The invite link was copied.")
        assert room.page.evaluate("navigator.clipboard.readText()") == "http://localhost/rooms/k3x9/"
        expect(room.page.locator("#invite-copy")).to_have_text("Copy")

    @pytest.mark.parametrize("button", ["Copy", "Copy invite"])
    def test_is_copied_where_the_browser_has_no_clipboard(self, open_room: OpenRoom, button: str) -> None:
        room = open_room()
        room.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined });")
        room.page.add_init_script(
            "document.execCommand = () => { window.copied = String(getSelection()); return true; };"
        )
        room.open()
        room.page.get_by_role("button", name=button, exact=True).click()
        expect(room.page.locator("#live")).to_have_text("The invite link was copied.")
        expect(room.page.get_by_role("button", name="Copied")).to_be_focused()

    def test_says_so_when_it_could_not_be_copied(self, open_room: OpenRoom) -> None:
        room = open_room()
        room.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined });")
        room.page.add_init_script("document.execCommand = () => false;")
        room.open()
        room.page.get_by_role("button", name="Copy", exact=True).click()
        expect(room.page.locator("#live")).to_contain_text("could not be copied")


class TestConnection:
    def test_lost_it_counts_the_seconds_and_retries_when_asked(self, open_room: OpenRoom) -> None:
        room = open_room()
        room.page.add_init_script("Math.random = () => 0.999;")  # the longest waits: 0.5, 1, 2, 4, 8 s
        room.open()
        room.refuse = True
        room.drop()
        expect(room.page.locator("#pill-text")).to_have_text("Reconnecting")
        expect(room.page.locator("#pill-detail")).to_have_text(re.compile("in [5-8] s"))
        room.refuse = False
        room.page.locator("#retry").click()
        expect(room.page.locator("#pill-text")).to_have_text(CONNECTED, timeout=4000)
        expect(room.page.locator("#retry")).to_be_hidden()

    def test_without_a_network_it_says_offline_and_comes_back_with_it(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.page.evaluate("window.dispatchEvent(new Event('offline'))")
        room.drop()
        expect(room.page.locator("#pill-text")).to_have_text("Offline")
        room.page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(room.page.locator("#pill-text")).to_have_text(CONNECTED)

    def test_trouble_of_the_server_is_told_until_it_is_over(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.say({"t": "status", "state": "degraded", "message": "Redis cannot be reached."})
        expect(room.page.locator("#degraded")).to_have_text(
            re.compile("^The server has trouble.*what you do now is kept")
        )
        expect(room.page.locator("#degraded")).to_have_attribute("title", "Redis cannot be reached.")
        room.say({"t": "status", "state": "ok"})
        expect(room.page.locator("#degraded")).to_be_hidden()

    def test_trouble_stays_in_sight_on_a_phone_far_down_a_long_board(self, open_room: OpenRoom) -> None:
        room = open_room(phone=True).open()
        room.page.locator("#stage").evaluate("stage => { stage.style.minHeight = '3000px'; }")
        room.say({"t": "status", "state": "degraded", "message": "Redis cannot be reached."})
        room.page.evaluate("() => window.scrollTo(0, 900)")
        expect(room.page.locator("#pill")).not_to_be_in_viewport()
        expect(room.page.locator("#degraded")).to_be_in_viewport()
        seen = "pill => (pill.className = 'pill is-bad', pill.getBoundingClientRect().top)"
        assert 0 <= room.page.locator("#pill").evaluate(seen) < 844, "the pill, when it tells of trouble"

    def test_the_trouble_of_one_server_is_not_told_of_the_next(self, open_room: OpenRoom) -> None:
        room = open_room().open()
        room.say({"t": "status", "state": "degraded", "message": "Redis cannot be reached."})
        expect(room.page.locator("#degraded")).to_be_visible()
        room.drop()
        expect(room.page.locator("#pill-text")).to_have_text(CONNECTED)
        expect(room.page.locator("#degraded")).to_be_hidden()

    @pytest.mark.parametrize(
        ("code", "title", "button"),
        [
            (4504, "This room is gone", None),
            (4505, "This room is full", "Try again"),
            (4506, "You were removed", None),
            (4508, "Not allowed in", "Load the page again"),
            (4510, "The room has closed", None),
            (4511, "This room was lost", None),
            (4500, "This page is out of date", "Load the page again"),
            (4599, "The connection was ended", "Try again"),
        ],
    )
    def test_a_final_end_has_its_own_screen(
        self, open_room: OpenRoom, code: int, title: str, button: str | None
    ) -> None:
        room = open_room().open()
        room.drop(code, "so it is")
        expect(room.page.get_by_role("heading", name=title)).to_be_visible()
        expect(room.page.locator("#screen")).to_be_focused()
        expect(room.page.locator("#room-body")).to_be_hidden()
        expect(room.page.get_by_role("link", name="To the lobby")).to_be_visible()
        if button:
            expect(room.page.get_by_role("button", name=button)).to_be_visible()
        assert len(room.sockets) == 1

    def test_a_room_that_is_open_in_another_tab_can_be_taken_over(self, open_room: OpenRoom) -> None:
        room = open_room().open(playing(), EMPTY_BOARD)
        room.say({"t": "goodbye", "code": 4501, "reason": "replaced", "reconnect": False})
        room.page.get_by_role("button", name="Take over here").click()
        expect(room.page.locator("#stage")).to_be_visible()
        expect(room.page.locator("#pill-text")).to_have_text(CONNECTED)
        assert len(room.sockets) == 2


class TestMatch:
    def test_the_board_takes_the_lounges_place_and_the_focus_that_start_loses(self, open_room: OpenRoom) -> None:
        room = open_room().open(room_view(seats=[seat("ann"), seat("bob", ready=True)], blocked=""))
        room.page.get_by_role("button", name="Start", exact=True).click()
        room.frame(playing(), EMPTY_BOARD)
        expect(room.page.locator("#stage")).to_be_focused()
        expect(room.page.locator("#lounge")).to_be_hidden()
        room.page.locator("#stage [role=grid] button").nth(4).click()
        assert room.heard("move") == {"move": {"cell": 4}}

    def test_the_result_can_be_put_aside_and_a_rematch_shows_who_agreed(self, open_room: OpenRoom) -> None:
        places = [{"seat": 0, "rank": 1, "score": 1}, {"seat": 1, "rank": 2, "score": 0}]
        over = {"places": places, "reason": "three in a row"}
        done = {**EMPTY_BOARD, "turn": -1}
        room = open_room().open(playing(), EMPTY_BOARD)
        room.frame(playing(phase="finished", outcome=over), done)
        result = room.page.get_by_role("region", name="You win")
        expect(result).to_contain_text("Three in a row.")
        result.get_by_role("button", name="See the board").click()
        expect(result).to_be_hidden()
        room.page.get_by_role("button", name="Result", exact=True).click()
        result.get_by_role("button", name="Rematch").click()
        assert room.heard("rematch") == {}
        agreed = [seat("ann", rematch=True), seat("bob")]
        room.frame(playing(phase="rematch", outcome=over, seats=agreed), done)
        expect(result).to_contain_text("1 of 2 want a rematch; waiting for Bob.")
        expect(room.page.locator("#seats > li").nth(0)).to_contain_text("Wants a rematch")
        room.frame(playing(match=2, match_ms=9000), EMPTY_BOARD)
        expect(result).to_be_hidden()

    def test_bots_are_counted_down_to_in_quick_play(self, open_room: OpenRoom) -> None:
        room = open_room().open(room_view(quick=True, blocked="Needs one more player.", fill_ms=1000 + 3000))
        text = room.page.locator("#actions-text")
        expect(text).to_have_text("Bots join in 3 s.")
        expect(text).to_have_text("Bots join in 2 s.")
        expect(room.page.get_by_role("heading", name="Looking for players")).to_be_visible()

    def test_a_fault_of_the_rules_is_told_over_the_board_and_chat_goes_on(self, open_room: OpenRoom) -> None:
        room = open_room().open(playing(), EMPTY_BOARD)
        room.frame(playing(paused={"code": "rules_fault", "message": "The rules failed."}), EMPTY_BOARD)
        expect(room.page.get_by_role("region", name="The match is paused")).to_contain_text("The rules failed.")
        room.page.get_by_label("Your message").fill("well")
        room.page.keyboard.press("Enter")
        assert room.heard("chat") == {"text": "well"}

    def test_a_drawing_that_fails_is_told_and_can_be_drawn_again(self, open_room: OpenRoom) -> None:
        room = open_room()
        body = """
            const update = () => { if (!window.ok) throw new Error("ink"); };
            export default { picture() {}, mount: () => ({ update, destroy() {} }) };
        """
        room.page.route("**/js/games/*.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
        room.open(playing(), EMPTY_BOARD)
        expect(room.page.get_by_role("alert")).to_contain_text("ink")
        assert room.errors.pop().startswith("The game's drawing failed.")
        room.page.evaluate("window.ok = true")
        room.page.get_by_role("button", name="Draw it again").click()
        expect(room.page.get_by_role("alert")).to_be_hidden()

    def test_a_drawing_that_cannot_be_loaded_is_told(self, open_room: OpenRoom) -> None:
        room = open_room()
        room.page.route("**/js/games/*.js", lambda route: route.abort())
        room.open()
        expect(room.page.get_by_role("alert")).to_contain_text("could not be loaded")
        room.errors.clear()

    def test_leaving_a_match_is_asked_about_and_said_to_the_server(self, open_room: OpenRoom) -> None:
        room = open_room().open(playing(), EMPTY_BOARD)
        leave = room.page.get_by_role("button", name="Leave", exact=True)
        leave.click()
        room.page.get_by_role("button", name="Stay").click()
        assert [message for message in room.said if message["t"] == "leave"] == []
        leave.first.click()
        room.page.get_by_role("dialog").get_by_role("button", name="Leave").click()
        assert room.heard("leave") == {}
        room.say({"t": "goodbye", "code": 4507, "reason": "left", "reconnect": False})
        room.page.wait_for_url("http://localhost/")


class TestSpectator:
    def test_one_becomes_by_standing_up(self, open_room: OpenRoom) -> None:
        room = open_room().open(room_view(seats=TWO))
        expect(room.page.get_by_role("button", name="Stand up")).to_have_count(1)
        room.page.get_by_role("button", name="Stand up").click()
        assert room.heard("stand") == {}
        room.frame(room_view(seats=[None, seat("bob")], spectators=1))
        expect(room.page.locator("#watchers")).to_have_text("You are watching.")

    def test_watches_and_takes_a_seat(self, open_room: OpenRoom) -> None:
        room = open_room(me="zoe").open(room_view(spectators=2), query="&watch")
        assert room.heard("hello")["want"] == "watch"
        expect(room.page.locator("#watchers")).to_have_text("You and 1 more are watching.")
        expect(room.page.locator("#emotes")).to_be_hidden()
        room.page.get_by_role("button", name="Sit here, seat 2").click()
        assert room.heard("sit") == {"seat": 1}

    def test_is_offered_a_seat_only_when_one_can_be_taken(self, open_room: OpenRoom) -> None:
        seats = [seat("ann"), seat("bob"), None]
        room = open_room(me="zoe").open(playing(seats=seats, joinable=False), EMPTY_BOARD)
        sit = room.page.get_by_role("button", name="Take a seat")
        expect(sit).to_be_hidden()
        expect(room.page.get_by_role("button", name="Sit here, seat 3")).to_have_count(0)
        room.frame(playing(seats=seats, joinable=True), EMPTY_BOARD)
        sit.click()
        room.heard("sit")
        room.say({"t": "reject", "seq": room.seq, "code": "seat_taken", "message": "That seat is taken."})
        expect(room.page.locator("#toasts")).to_contain_text("That seat is taken.")


class TestPhone:
    def test_in_a_match_players_and_chat_are_a_sheet_behind_two_buttons(self, open_room: OpenRoom) -> None:
        room = open_room(phone=True).open(playing(), EMPTY_BOARD)
        tab = room.page.locator("#tab-chat")
        expect(room.page.locator("#chat-panel")).to_be_hidden()
        room.event("chat", player="bob", name="Bob", seat=1, text="are you there?")
        expect(tab).to_contain_text("1 new")
        tab.tap()
        expect(room.page.locator("#lines")).to_contain_text("are you there?")
        expect(tab).to_have_attribute("aria-expanded", "true")
        room.page.get_by_label("Your message").focus()
        room.page.keyboard.press("Escape")
        expect(room.page.locator("#chat-panel")).to_be_hidden()
        expect(tab).to_be_focused()
        room.page.locator("#tab-seats").tap()
        expect(room.page.locator("#seats")).to_be_visible()

    def test_nothing_is_wider_than_the_screen(self, open_room: OpenRoom) -> None:
        for width in (320, 390, 844):
            room = open_room(phone=True, viewport={"width": width, "height": 700 if width < 800 else 390}).open()
            for view, board in ((room_view(seats=[seat("ann", name="W" * 24), None]), None), (playing(), EMPTY_BOARD)):
                room.frame(view, board)
                assert room.page.evaluate("document.documentElement.scrollWidth") <= width
