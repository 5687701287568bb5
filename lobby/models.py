"""What outlives a room: matches with each player's part in them, and the tokens that programs come with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Match(models.Model):
    """A finished match, recorded once: (room, incarnation, number) is its key."""

    room = models.CharField(max_length=22)
    incarnation = models.CharField(max_length=40)
    number = models.PositiveIntegerField(help_text="Counts the matches of one room from 1.")
    game = models.CharField(max_length=40)
    version = models.PositiveIntegerField(help_text="Of the game's rules.")
    options = models.JSONField(default=dict)
    seed = models.CharField(max_length=64, help_text="With the inputs, it replays the match.")
    private = models.BooleanField(default=False, help_text="Shown to those who took part, and nobody else.")
    reason = models.CharField(max_length=200, blank=True)
    ticks = models.PositiveBigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-ended_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "incarnation", "number"], name="one_record_per_match"),
        ]
        indexes: ClassVar = [models.Index(fields=["game", "-ended_at"], name="match_by_game")]

    def __str__(self) -> str:
        return f"{self.game} {self.room} #{self.number}"


class Finish(models.Model):
    """One player's part in a match: where they sat and how they ended. Rank 1 is best."""

    class Kind(models.TextChoices):
        """What sort of player it was; the same words as `rooms.core.inputs.Kind`."""

        GUEST = "guest"
        BOT = "bot"
        API = "api"

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="finishes")
    seat = models.PositiveSmallIntegerField()
    player = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    strength = models.CharField(max_length=20, blank=True, help_text="Of a built-in bot.")
    rank = models.PositiveSmallIntegerField()
    score = models.IntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["rank", "seat"]
        verbose_name_plural = "finishes"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["match", "seat"], name="one_finish_per_seat"),
            models.CheckConstraint(condition=models.Q(rank__gte=1), name="rank_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.rank}"


class Replay(models.Model):
    """The journal of a match, which plays it again (rooms/core/journal.py). Goes before its match does: it is large."""

    match = models.OneToOneField(Match, on_delete=models.CASCADE, related_name="replay")
    format = models.PositiveSmallIntegerField(help_text="Of the lines.")
    lines = models.BinaryField(help_text="A msgpack array of all lines, compressed with zlib.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"replay of {self.match_id}"


class Token(models.Model):
    """A bearer token: a program's key, and the player it plays as. Only its SHA-256 digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first letters, to tell tokens apart.")
    name = models.CharField(max_length=24, help_text="Also the name it plays under.")
    player = models.CharField(max_length=64, unique=True)
    owner = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="The guest who made it; empty: made by a command."
    )
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
