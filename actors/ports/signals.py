"""The kept signals as readers see them."""

from typing import Protocol

from actors.messages import Signal


class Signals(Protocol):
    """The kept signals, as readers see them."""

    def recent(self, instrument_id: str | None, interval: str | None, count: int) -> list[Signal]:
        """Return up to `count` newest signals, oldest first; None means all instruments or intervals."""

    def page(
        self, instrument_id: str | None, interval: str | None, *, start: int | None, end: int | None, limit: int
    ) -> tuple[list[Signal], bool]:
        """Return signals with start <= bar open < end (UNIX ns), newest first, and whether there are older ones."""
