"""The line between a market and its data client: on it messages may be lost, come late, twice, or not as they were."""

from collections.abc import Mapping, Sequence
from typing import Protocol, override

from actors.market import BarRow, BookRow, QuoteRow, TradeRow
from adapters.bars import ClosedRow
from config.faults import FaultKind

type Item = TradeRow | QuoteRow | BookRow | ClosedRow
"""One message that a data client sends to the engine; each has `instrument_id` and `ts` (UNIX ns)."""
_KINDS: Mapping[type, FaultKind] = {TradeRow: "trades", QuoteRow: "quotes", BookRow: "book", ClosedRow: "bars"}


class Line(Protocol):
    """Carries what a data client sends, and its questions about the past. Lives as long as the process.

    The market itself and its history stay the truth. The client hands every message over in the order it would send
    it, before it is made into an engine object, and sends what comes back, in that order: `carry` for each message,
    then `due` once for the market time reached. What the engine refuses to be made of (a line may say anything), the
    client counts and leaves out.
    """

    def carry(self, item: Item) -> Sequence[Item]:
        """Return what arrives when `item` is sent: usually the item itself."""

    def due(self, ts: int) -> Sequence[Item]:
        """Return what arrives because market time has reached `ts` (UNIX ns), as after a stall."""

    def restart(self, ts: int) -> None:
        """Begin anew at market time `ts` (UNIX ns), as after a jump of a replay: what was on its way is lost."""

    def delay_s(self, instrument_id: str, interval: str) -> float | None:
        """Return how many wall seconds longer the answer to a question about bars takes; None: it never comes."""

    def remembered(self, instrument_id: str, interval: str, rows: list[BarRow]) -> list[BarRow]:
        """Return those of the bars of an answer that the source still knows."""


class TrueLine(Line):
    """Carries everything as it is."""

    @override
    def carry(self, item: Item) -> Sequence[Item]:
        return (item,)

    @override
    def due(self, ts: int) -> Sequence[Item]:
        return ()

    @override
    def restart(self, ts: int) -> None:
        pass

    @override
    def delay_s(self, instrument_id: str, interval: str) -> float | None:
        return 0.0

    @override
    def remembered(self, instrument_id: str, interval: str, rows: list[BarRow]) -> list[BarRow]:
        return rows


def kind_of(item: Item) -> FaultKind:
    """Return the kind of a message, as the configuration calls it."""
    return _KINDS[type(item)]
