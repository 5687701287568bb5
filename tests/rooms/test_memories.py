"""The words of the shards' memories: what is lost is told once, and nothing is lost before anything was known."""

from __future__ import annotations

from rooms.memories import Memories


class Redis:
    """Words and a hint, as a test sets them; counts how often the words were read."""

    def __init__(self, *words: str) -> None:
        self.words, self.word = list(words), "h0"
        self.read = 0

    async def hint(self) -> str:
        return self.word

    async def memories(self) -> list[str]:
        self.read += 1
        return list(self.words)


async def test_a_shard_that_gets_its_first_word_lost_nothing() -> None:
    redis = Redis("", "")
    memories = Memories(redis)
    assert memories.word(1) == ""
    assert await memories.look() == []
    redis.words = ["a", "b"]  # an engine has taken them; the hint is as before
    assert await memories.look() == []
    assert [memories.word(shard) for shard in (0, 1)] == ["a", "b"]


async def test_what_changed_is_lost_once() -> None:
    redis = Redis("a", "b", "c")
    memories = Memories(redis)
    await memories.look()
    redis.words, redis.word = ["a", "B", "C"], "h1"
    assert await memories.look() == [1, 2]
    assert await memories.look() == []


async def test_a_flush_is_a_loss_before_any_engine_comes() -> None:
    redis = Redis("a", "b")
    memories = Memories(redis)
    await memories.look()
    redis.words, redis.word = ["", ""], ""
    assert await memories.look() == [0, 1]
    redis.words, redis.word = ["x", "y"], "h1"
    assert await memories.look() == []
    redis.words, redis.word = ["", ""], ""
    assert await memories.look() == [0, 1], "and the next one too"


async def test_while_nothing_changes_the_words_are_not_read() -> None:
    redis = Redis("a", "b")
    memories = Memories(redis)
    for _ in range(10):
        await memories.look()
    assert redis.read == 2, "once to learn them, once to be sure"


async def test_a_word_that_changed_between_the_two_questions_is_seen() -> None:
    redis = Redis("a", "b")
    memories = Memories(redis)
    await memories.look()
    await memories.look()
    redis.word = "h1"  # seen before the word of shard 1 is there
    assert await memories.look() == []
    redis.words = ["a", "B"]
    redis.word = "h2"
    assert await memories.look() == [1]
