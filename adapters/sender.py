"""What a data client sends: plain messages over the line, and what arrives as engine objects into its queue."""

from collections.abc import Iterable, Mapping

from nautilus_trader.model import BarType
from prometheus_client import Counter

from actors.buffer.check import Quiet
from actors.engine import Scale
from actors.market import BookRow, QuoteRow, TradeRow
from adapters.bars import ClosedRow
from adapters.echo import Echo
from adapters.line import Item, Line, kind_of

_refused = Counter("whisperer_feed_refused_total", "Messages of a source that the engine cannot be told", ["kind"])


class Sender:
    """The one narrow place through which everything goes that a subscription brings."""

    def __init__(self, line: Line, echo: Echo, scales: Mapping[str, Scale]) -> None:
        """Send over `line`; `scales` are of every instrument by id."""
        self._line = line
        self._echo = echo
        self._scales = scales
        self._quiet = Quiet()
        self._bar_types: dict[tuple[str, str], BarType] = {}

    def name_bars(self, instrument_id: str, interval: str, bar_type: BarType) -> None:
        """Say what the engine calls the bars of an interval, before one of them is sent."""
        self._bar_types[instrument_id, interval] = bar_type

    def backlog(self) -> int:
        """Return how many messages sent may still wait in the engine's queue."""
        return self._echo.backlog()

    def send(self, item: Item) -> None:
        """Send a message; what arrives of it, or because of it, goes to the engine."""
        self._arrive(self._line.carry(item))

    def move(self, ts: int) -> None:
        """Tell the line that market time has reached `ts` (UNIX ns)."""
        self._arrive(self._line.due(ts))

    def _arrive(self, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, ClosedRow) and (item.instrument_id, item.interval.name) not in self._bar_types:
                continue  # it was on its way when the node that wanted it was replaced
            try:
                made = self._made(item)
            except (ValueError, OverflowError) as e:  # a corrupt number: the next messages are good again
                kind = kind_of(item)
                _refused.labels(kind).inc()
                self._quiet.warning("message_refused", kind, kind=kind, ts=item.ts, reason=str(e))
            else:
                self._echo.send(made)

    def _made(self, item: Item) -> object:
        """Return what the engine is told of a message."""
        scale = self._scales[item.instrument_id]
        if isinstance(item, TradeRow):
            return scale.trade_tick(item)
        if isinstance(item, QuoteRow):
            return scale.quote_tick(item)
        if isinstance(item, BookRow):
            return scale.book_deltas(item)
        return scale.bar(self._bar_types[item.instrument_id, item.interval.name], item.row, item.ts)
