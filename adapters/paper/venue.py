"""The paper venue: commands and market data in, order events out; lives as long as the process."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from uuid import uuid4

import structlog
from msgspec import Struct

from actors.market import BarRow, BookRow, Instrument, QuoteRow, TradeRow
from actors.orders import OrderEvent, OrderRow, OrderSide
from actors.ports import TickKind
from adapters.paper.agenda import Agenda
from adapters.paper.commands import Commands, Share
from adapters.paper.depth import Depth
from adapters.paper.execution import Execution
from adapters.paper.market import PaperMarket
from adapters.paper.matching import Matching
from adapters.paper.teller import Sink, Teller

log = structlog.get_logger(__name__)

Demand = Callable[[str, bool], None]
"""Told of an instrument whether there are orders on it."""


Ceiling = Callable[[OrderRow], Decimal | None]
"""Tells the highest price that an order's account has bound money for; None: any within its limit."""


class Change(Struct, frozen=True, kw_only=True):
    """What a working order is to become; None leaves a value as it is."""

    quantity: Decimal | None = None
    """All of it, what has filled included."""
    price: Decimal | None = None
    trigger_price: Decimal | None = None


class PaperVenue:
    """One book of working orders per account, on top of somebody else's market.

    The rules are told in `docs/paper.md`. It begins closed: commands wait and nothing is matched until `open`, so that
    orders can be restored while the market already moves. Events are told in order after each command and each step of
    the market; a listener may give commands.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        kinds: Callable[[str], frozenset[TickKind]],
        *,
        latency_ns: int = 0,
        now: Callable[[], int] = lambda: 0,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        """Start without orders, closed.

        Args:
            instruments: The market.
            kinds: Tells what the source has of an instrument.
            latency_ns: Market time from a command until it is acted on.
            now: Market time beside what the venue hears itself, UNIX ns.
            new_id: Makes ids of fills, never the same twice, in any process.
        """
        self.demand: Demand = lambda _instrument_id, _is_wanted: None
        self.ceiling: Ceiling = lambda _row: None
        self._clock = now
        self._heard = 0
        self._latency_ns = latency_ns
        self._markets = {name: PaperMarket(one, kinds(name)) for name, one in instruments.items()}
        self._agenda = Agenda()
        self._teller = Teller(self.now, new_id)
        self._execution = Execution(self._markets, self._teller, self._agenda, self.now)
        self._execution.on_count = lambda market: self.demand(market.name, market.count > 0)
        self._execution.ceiling = lambda row: self.ceiling(row)  # noqa: PLW0108  # it is set later
        self._matching = Matching(self._execution)
        self._commands = Commands(self._execution, self._markets, self._teller, self._agenda, self.now)
        self._is_open = False
        self._pending: list[Callable[[], None]] = []
        self._latent = 0

    def now(self) -> int:
        """Return market time, UNIX ns: the newest stamp heard."""
        return max(self._heard, self._clock())

    # What accounts want

    def attach(self, account_id: str, sink: Sink) -> None:
        """Have the events of an account told to `sink`, in the place of any other."""
        self._teller.attach(account_id, sink)

    def detach(self, account_id: str, sink: Sink) -> None:
        """Tell `sink` no more."""
        self._teller.detach(account_id, sink)

    def submit(self, row: OrderRow) -> None:
        """Take a new order; what becomes of it is told. An id that is known already changes nothing."""
        self._give(lambda: self._commands.submit(row))

    def modify(self, account_id: str, order_id: str, change: Change) -> None:
        """Change a working order; answered by `updated` or `modify_rejected`."""
        self._give(
            lambda: self._commands.modify(account_id, order_id, change.quantity, change.price, change.trigger_price)
        )

    def cancel(self, account_id: str, order_id: str) -> None:
        """Cancel a working order; answered by `canceled` or `cancel_rejected`."""
        self._give(lambda: self._commands.cancel(account_id, order_id))

    def cancel_all(self, account_id: str, instrument_id: str | None = None, side: OrderSide | None = None) -> None:
        """Cancel an account's working orders, or those of one instrument or side."""
        self._give(lambda: self._commands.cancel_all(account_id, instrument_id, side))

    def working(self, account_id: str) -> list[OrderRow]:
        """Return an account's orders that have not ended, as they are here, oldest first."""
        return [order.to_row(self.now()) for order in self._execution.register.of(account_id)]

    def order(self, account_id: str, order_id: str) -> OrderRow | None:
        """Return a working order as it is here."""
        found = self._execution.register.find(account_id, order_id)
        return None if found is None else found.to_row(self.now())

    @property
    def has_commands(self) -> bool:
        """Whether a command is under way: `restore` would lose it."""
        return bool(self._pending or self._latent)

    # What the market shows

    def last(self, instrument_id: str) -> Decimal | None:
        """Return the newest trade's price or bar's close."""
        market = self._markets[instrument_id]
        return None if market.depth.last is None else market.units.price(market.depth.last)

    def touch(self, instrument_id: str, side: OrderSide) -> Decimal | None:
        """Return the best price that an order of `side` would meet; the last price when no book or quote is known."""
        market = self._markets[instrument_id]
        touch = market.depth.touch(is_buy=side == "buy")
        return None if touch is None else market.units.price(touch)

    # Starts and ends

    def restore(
        self,
        rows: Iterable[OrderRow],
        parents: Mapping[str, Share],
        net: Mapping[tuple[str, str], Decimal],
    ) -> list[tuple[str, OrderEvent]]:
        """Forget all orders and put those of `rows` to work, at the back of every queue; the venue is closed then.

        Args:
            rows: Orders that have not ended, oldest first; those not known to have arrived arrive now.
            parents: Order id -> filled and whole quantity of orders that have ended, at least of parents of `rows`;
                one that is not there has filled nothing.
            net: Account and instrument -> signed position.

        Returns:
            What became of them at once, account and event, which no listener is told: `accepted` of what had not
            arrived, `canceled` of what does not rest.
        """
        self._is_open = False
        self._pending.clear()
        self._latent = 0
        self._agenda.clear()
        try:
            self._commands.restore(rows, parents, net)
        except Exception:
            self._teller.take_all()  # of those before the one that cannot be restored
            raise
        return self._teller.take_all()

    def reset(self) -> None:
        """Forget orders, prices and market time, as for a jump; closed from here on."""
        self.restore((), {}, {})
        self._heard = 0
        for market in self._markets.values():
            market.depth = Depth()

    def close(self) -> None:
        """Match nothing from here on, and keep commands back until `open`."""
        self._is_open = False

    def open(self) -> None:
        """Match from here on; commands kept back are acted on."""
        self._is_open = True
        self._advance(self.now())
        pending, self._pending = self._pending, []
        for work in pending:
            self._give(work)
        self._commands.start()
        self._settle()

    # What the market does

    def on_trade(self, row: TradeRow) -> None:
        """Take a trade."""
        market = self._markets[row.instrument_id]
        self._advance(row.ts)
        market.depth.last = row.price
        if market.count and self._is_open:
            self._matching.trade(market, row.price, row.size, row.side)
            self._settle()

    def on_quote(self, row: QuoteRow) -> None:
        """Take a quote."""
        self._advance(row.ts)
        market = self._markets[row.instrument_id]
        if self._is_open:
            self._matching.quote(market, row)
            self._settle()
        else:
            market.depth.quote = row

    def on_book(self, row: BookRow) -> None:
        """Take a step of a book; one that cannot be true loses the book until the next snapshot."""
        market = self._markets[row.instrument_id]
        if row.is_snapshot:  # whoever has waited for it too long, since nothing else came, has it at last
            market.depth.apply(row)
        self._advance(row.ts)
        if self._is_open:
            self._matching.book(market, row)
            self._settle()
        else:
            market.depth.apply(row)

    def on_book_lost(self, instrument_id: str) -> None:
        """Forget a book until the next snapshot."""
        self._markets[instrument_id].depth.lose()

    def forget_shown(self, instrument_id: str) -> None:
        """Forget book and quote: nobody keeps them up to date any more."""
        depth = self._markets[instrument_id].depth
        depth.lose()
        depth.quote = None

    def on_bar(self, instrument_id: str, row: BarRow, ts_close: int) -> None:
        """Take a closed bar of an instrument without trades."""
        self._advance(ts_close)
        market = self._markets[instrument_id]
        if market.count and self._is_open:
            self._matching.bar(market, row)
            self._settle()
        market.depth.last = row.close

    def on_time(self, ts: int) -> None:
        """Note that market time is at least `ts` (UNIX ns)."""
        self._advance(ts)

    def _advance(self, ts: int) -> None:
        if ts > self._heard:  # noqa: PLR1730  # every tick comes by here, and max() takes twice the time
            self._heard = ts
        if self._agenda.is_due(ts) and self._is_open:
            while (work := self._agenda.due(self.now())) is not None:
                work()
                self._settle()

    def _give(self, work: Callable[[], None]) -> None:
        if not self._is_open:
            self._pending.append(work)
        elif self._latency_ns:
            self._latent += 1
            self._agenda.put(self.now() + self._latency_ns, lambda: self._arrive(work))
        else:
            work()
            self._settle()

    def _arrive(self, work: Callable[[], None]) -> None:
        self._latent -= 1
        work()

    def _settle(self) -> None:
        self._execution.release_all()
        self._teller.flush()
