"""What a market of ours looks like to its data client: history, and events in the order of time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from actors.market import BarRow, BookRow, Instrument, QuoteRow, TradeRow
from actors.ports import TickKind


class FeedBar(Struct, frozen=True, gc=False):
    """A recorded closed bar as an event; its time is the close of the bar."""

    instrument_id: str
    interval: str
    row: BarRow
    ts: int
    """Close time, UNIX nanoseconds."""


FeedEvent = TradeRow | QuoteRow | BookRow | FeedBar


class Feed(Protocol):
    """A market without the engine: tests, benchmarks and backtests use it as it is.

    Reading moves on; history never shows what has not been read yet. Nothing in here knows wall time.
    """

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """Every instrument by id."""

    @property
    def position_ns(self) -> int:
        """Market time reached, UNIX nanoseconds: everything before has been read."""

    def native_interval(self, instrument_id: str) -> str | None:
        """Return the interval of recorded bars; None when the source has trades (then every interval is possible)."""

    def kinds(self, instrument_id: str) -> frozenset[TickKind]:
        """Return what the source has of an instrument beside bars."""

    def want_book(self, instrument_id: str, *, is_wanted: bool) -> None:
        """Have the steps of a book among the events from `position_ns` on, or no more; without a book nothing happens.

        The steps follow `book` at this moment: the first one has its sequence plus one.
        """

    def book(self, instrument_id: str) -> BookRow | None:
        """Return the whole book at `position_ns` as a snapshot, best levels first; None when the source has none.

        The book of a market that has gone on unread is the same as if it had been read.
        """

    def quote(self, instrument_id: str) -> QuoteRow | None:
        """Return the newest quote before `position_ns`, or None when there is none."""

    def trades(self, instrument_id: str, limit: int) -> Sequence[TradeRow]:
        """Return the newest trades before `position_ns`, at most `limit`, oldest first."""

    def trades_back(self, instrument_id: str, before_ns: int) -> Iterator[Sequence[TradeRow]]:
        """Yield the trades before `position_ns` and `before_ns`, the newest first: short parts, oldest first in each.

        A part is made when it is asked for, in a millisecond or so; it may be empty.
        """

    def next_ts(self) -> int | None:
        """Return the time of the next event, or None at the end."""

    def read(self, until_ns: int, limit: int) -> Sequence[FeedEvent]:
        """Return the next events with ts < until_ns, at most `limit`, in time order; `position_ns` moves on.

        When fewer than `limit` come back, everything before `until_ns` has been read. A source that tells several
        things of one time (a trade, what it left in the book, the quote of it) may add the rest of the last one's.
        """

    def minute_trades(self, instrument_id: str) -> Sequence[TradeRow]:
        """Return the trades already read of the market minute that holds `position_ns`; none when it has only bars.

        With them a bar in progress can be made whole by whoever begins to listen in the middle of it.
        """

    def history(
        self, instrument_id: str, interval: str, start_ns: int | None, end_ns: int | None, limit: int
    ) -> list[BarRow]:
        """Return closed bars with start <= open < end, the newest `limit` of them, oldest first.

        Only bars whose close is <= `position_ns`. With `start_ns` alone the oldest `limit` from there.
        Times without a bar are holes: nothing is invented.
        """


@runtime_checkable
class GradualFeed(Protocol):
    """A feed that has to compute its history: asked to prepare it first, it does so in small steps."""

    def prepare(
        self, instrument_id: str, interval: str, start_ns: int | None, end_ns: int | None, limit: int
    ) -> Iterator[None]:
        """Compute bit by bit what `history` with the same arguments will need."""
