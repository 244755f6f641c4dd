"""The order book of one instrument as it comes over the engine: awaited, whole, or broken."""

from typing import Literal

from actors.market import BookRow, Instrument
from actors.ticks.book import BookFault, OrderBook
from actors.ticks.log import Log
from actors.ticks.text import BookText

StepOutcome = Literal["ready", "changed", "unchanged", "early", "doubled", "broken"]
"""What a step did: `early` came before the snapshot, `doubled` was taken already."""

_WORDS: dict[BookFault, str] = {
    "sequence": "after step {before} came {found}",
    "impossible": "step {found} has an impossible number",
    "crossed": "a bid reaches an ask since step {found}",
}


class LiveBook:
    """Takes steps, keeps what they make of the book, and the steps themselves while somebody wants those."""

    def __init__(self, instrument: Instrument) -> None:
        """Wait for the first snapshot."""
        self._text = BookText(instrument.price_precision, instrument.size_precision)
        self._book = OrderBook()
        self._bodies: dict[int, bytes] = {}
        self.log: Log[bytes] = Log()
        """Encoded steps."""
        self.is_logging = False
        """Whether the steps are kept; without readers they are not even encoded."""
        self.is_whole = False
        self.fault: str | None = None
        """Why the book broke, in words, until it is whole again."""
        self.reason: BookFault = "sequence"
        """Why it broke the last time, in one word."""

    def take(self, row: BookRow) -> StepOutcome:
        """Take one step; after `broken` only a snapshot helps."""
        if row.is_snapshot:
            return self._begin(row)
        if not self.is_whole:
            return "early"
        if row.sequence <= self._book.sequence:
            return "doubled"
        if not self._apply(row):
            return "broken"
        if self.is_logging:
            self.log.append(self._text.step(self._book, row))
        return "changed"

    def top(self, depth: int) -> bytes | None:
        """Return the encoded best levels, made once per state and depth; None while not whole."""
        if not self.is_whole:
            return None
        body = self._bodies.get(depth)
        if body is None:
            body = self._bodies[depth] = self._text.top(self._book, depth)
        return body

    def snapshot(self, instrument_id: str) -> BookRow | None:
        """Return every level in exact units; None while not whole."""
        return self._book.snapshot(instrument_id) if self.is_whole else None

    def whole(self) -> bytes | None:
        """Return every level as one encoded step; None while not whole."""
        return self._text.whole(self._book) if self.is_whole else None

    def keep_steps(self, *, is_wanted: bool) -> None:
        """Begin to keep the steps, or stop and forget them."""
        if self.is_logging and not is_wanted:
            self.log.tear()
        self.is_logging = is_wanted

    def interrupt(self) -> None:
        """Wait for a snapshot: steps may be missing from here on, which it will show."""
        self.is_whole = False

    def lose(self, why: str | None) -> None:
        """Forget the book; `why` in words when it broke."""
        self.is_whole = False
        self.fault = why
        self._book.clear()
        self._bodies.clear()
        self.log.tear()

    def _begin(self, row: BookRow) -> StepOutcome:
        was_whole = self.is_whole
        if self._book.is_at(row):  # nothing was missed, so the log goes on as well
            self.is_whole = True
            return "unchanged" if was_whole else "ready"
        if self._book.is_begun:
            self.log.tear()
        if not self._apply(row):
            return "broken"
        self.is_whole, self.fault = True, None
        return "changed" if was_whole else "ready"

    def _apply(self, row: BookRow) -> bool:
        before = self._book.sequence
        fault = self._book.apply(row)
        self._bodies.clear()
        if fault is not None:
            self.lose(_WORDS[fault].format(before=before, found=row.sequence))
            self.reason = fault
        return fault is None
