"""Traders for tests of the bridge: they keep orders, answer idempotently, and tell a listener what happens."""

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256

import msgspec

from actors.accounts.limits import choose, in_force
from actors.market import Instrument
from actors.orders import (
    AlertRow,
    BalanceRow,
    EquityRow,
    FillRow,
    OrderRow,
    OrderTicket,
    PositionRow,
)
from actors.ports import (
    AccountListener,
    AccountView,
    BatchItem,
    Limits,
    OrderScreening,
    OrderVerdict,
    Page,
    Preview,
    ScreeningState,
    Span,
    StrategyKind,
    StrategyState,
    TraderState,
    TradingStateName,
)
from actors.trade_signals import TradeSignalRow, acted_on
from config.errors import (
    ConflictError,
    IdempotencyConflictError,
    InvalidInputError,
    NodeError,
    NotFoundError,
    OrderDeniedError,
    OrderUnknownError,
    TradingHaltedError,
    UnknownInstrumentError,
    UnknownPluginError,
)
from config.trading import StrategyConfigSection
from tests.bridge.fakes import BTC, ETH, START_NS, instrument, signal

CEILINGS = Limits(
    max_order_notional=Decimal(1_000_000),
    max_position_notional=Decimal(5_000_000),
    max_open_orders=200,
    max_orders_per_s=10,
    price_collar=Decimal("0.2"),
    max_daily_loss=None,
    max_leverage=Decimal(10),
)
KIND = StrategyKind(
    name="signal_follow",
    description="Buys on a confident long signal and closes on a short one.",
    params={
        "$ref": "#/$defs/Follow",
        "$defs": {
            "Follow": {
                "type": "object",
                "properties": {"instrument_id": {"type": "string", "pattern": r"\A[A-Z.-]+\Z"}},
                "required": ["instrument_id"],
            }
        },
    },
)
MARK = Decimal("30000.00")


class Account:
    """What one user has."""

    def __init__(self, user_id: str, account_id: str) -> None:
        self.user_id = user_id
        self.account_id = account_id
        self.orders: dict[str, OrderRow] = {}
        self.fills: list[FillRow] = []
        self.positions: dict[str, PositionRow] = {}
        self.balances = {"USDT": self._balance(Decimal(100_000))}
        self.curve: list[EquityRow] = []
        self.alerts: list[AlertRow] = []
        self.limits = CEILINGS
        self.own_ceilings: dict[str, str | int | None] = {}
        self.trading_state: TradingStateName = "active"
        self.strategies: dict[str, StrategyState] = {}
        self.deadman_s: float | None = None
        self.screening = OrderScreening()
        self.verdict: OrderVerdict | None = None

    def _balance(self, total: Decimal) -> BalanceRow:
        return BalanceRow(
            user_id=self.user_id,
            account_id=self.account_id,
            currency="USDT",
            total=total,
            locked=Decimal(0),
            ts=START_NS,
        )


class FakeTraders:
    """Some users' traders; the test plays the venue with `accept`, `fill`, `end` and `alert`."""

    def __init__(self, *users: str) -> None:
        names = users or ("local",)
        self.accounts = {name: Account(name, f"PAPER-{n:03d}") for n, name in enumerate(names, 1)}
        self.listener: AccountListener | None = None
        self.failure: NodeError | None = None
        """Raised by whatever changes something."""
        self.calls: list[tuple[object, ...]] = []
        self.now = START_NS
        self.instruments = {name: instrument(name) for name in (BTC, ETH)}
        self._numbers = itertools.count(1)

    # What the test plays.

    def accept(self, user_id: str, client_order_id: str) -> OrderRow:
        """The venue has the order."""
        row = self._own(user_id, client_order_id)
        return self._change(row, status="accepted", venue_order_id=f"V-{row.order_id[:8]}")

    def fill(self, user_id: str, client_order_id: str, quantity: str, price: str = "30000.00") -> FillRow:
        """The order is executed, in part or whole; the position and balance follow."""
        account, row = self._account(user_id), self._own(user_id, client_order_id)
        size, at = Decimal(quantity), Decimal(price)
        filled = row.filled_quantity + size
        self._change(
            row,
            status="filled" if filled == row.quantity else "partially_filled",
            filled_quantity=filled,
            filled_notional=row.filled_notional + size * at,
        )
        fill = FillRow(
            user_id=user_id,
            account_id=account.account_id,
            strategy=row.strategy,
            fill_id=f"F-{next(self._numbers):06d}",
            order_id=row.order_id,
            client_order_id=row.client_order_id,
            instrument_id=row.instrument_id,
            side=row.side,
            quantity=size,
            price=at,
            fee=size * at / 1000,
            fee_currency="USDT",
            liquidity="taker",
            ts=self._tick(),
        )
        account.fills.append(fill)
        self._tell("fill", fill)
        self._hold(account, fill)
        return fill

    def end(self, user_id: str, client_order_id: str, status: str = "canceled", reason: str | None = None) -> OrderRow:
        """The order has ended."""
        return self._change(self._own(user_id, client_order_id), status=status, reason=reason)

    def alert(self, user_id: str, message: str) -> AlertRow:
        """The user is told something."""
        row = AlertRow(
            user_id=user_id,
            alert_id=f"A-{next(self._numbers):06d}",
            kind="strategy_retired",
            level="warning",
            message=message,
            ts=self._tick(),
        )
        self._account(user_id).alerts.append(row)
        self._tell("alert", row)
        return row

    def act(self, user_id: str, client_order_id: str, strategy: str = "bot") -> TradeSignalRow:
        """The order was one of a strategy that acted on a signal."""
        order = msgspec.structs.replace(self._own(user_id, client_order_id), strategy=strategy)
        row = acted_on(signal(instrument_id=order.instrument_id), order, self._tick())
        self._tell("acted", row)
        return row

    # What the bridge asks.

    def trader(self, user_id: str) -> TraderState:
        account = self._account(user_id)
        ceilings = in_force(CEILINGS, account.own_ceilings)
        return TraderState(
            user_id=user_id,
            account_id=account.account_id,
            account_kind="margin",
            state="running",
            trading_state=account.trading_state,
            strategies=list(account.strategies.values()),
            limits=in_force(ceilings, msgspec.structs.asdict(account.limits)),
            ceilings=ceilings,
            screening=ScreeningState(
                choice=account.screening,
                executed=0,
                skipped=int(account.verdict is not None),
                abstained=0,
                last=account.verdict,
            ),
            degraded=(),
            deadman_s=account.deadman_s,
            on_stop="keep",
        )

    def traders(self) -> Sequence[TraderState]:
        return [self.trader(name) for name in self.accounts]

    def account(self, user_id: str) -> AccountView:
        account = self._account(user_id)
        cash = account.balances["USDT"].total
        gained = sum((row.unrealized_pnl or Decimal(0) for row in account.positions.values()), Decimal(0))
        return AccountView(
            account_id=account.account_id,
            kind="margin",
            currency="USDT",
            equity=cash + gained,
            cash=cash,
            unrealized_pnl=gained,
            realized_pnl=sum((fill.realized_pnl for fill in account.fills), Decimal(0)),
            fees=sum((fill.fee for fill in account.fills), Decimal(0)),
            margin_used=Decimal(0),
            day_pnl=Decimal(0),
            ts=self.now,
        )

    def instrument(self, instrument_id: str) -> Instrument:
        if instrument_id not in self.instruments:
            raise UnknownInstrumentError(f"no instrument {instrument_id!r}")
        return self.instruments[instrument_id]

    def working(self, user_id: str) -> Sequence[OrderRow]:
        return [row for row in self._account(user_id).orders.values() if row.is_working]

    def positions(self, user_id: str) -> Sequence[PositionRow]:
        return list(self._account(user_id).positions.values())

    def balances(self, user_id: str) -> Sequence[BalanceRow]:
        return list(self._account(user_id).balances.values())

    async def order(self, user_id: str, client_order_id: str) -> OrderRow:
        return self._own(user_id, client_order_id)

    async def orders(self, user_id: str, span: Span) -> Page[OrderRow]:
        rows = list(self._account(user_id).orders.values())
        return _page(rows, span, [row.ts_created for row in rows])

    async def fills(self, user_id: str, span: Span) -> Page[FillRow]:
        rows = self._account(user_id).fills
        return _page(rows, span, [row.ts for row in rows])

    async def equity(self, user_id: str, span: Span) -> Page[EquityRow]:
        rows = self._account(user_id).curve
        return _page(rows, span, [row.ts for row in rows])

    async def alerts(self, user_id: str, span: Span) -> Page[AlertRow]:
        rows = self._account(user_id).alerts
        return _page(rows, span, [row.ts for row in rows])

    async def submit(self, user_id: str, ticket: OrderTicket, *, trace_id: str = "") -> OrderRow:
        account = self._may(user_id)
        digest = sha256(msgspec.json.encode(ticket)).hexdigest()
        known = account.orders.get(ticket.client_order_id)
        if known is not None:
            if known.body_hash != digest:
                raise IdempotencyConflictError(f"{ticket.client_order_id} was used for another order")
            return known
        self._check(account, ticket)
        row = self._row(account, ticket, digest, trace_id)
        account.orders[row.client_order_id] = row
        self._tell("order", row)
        return row

    async def submit_batch(
        self, user_id: str, tickets: Sequence[OrderTicket], *, trace_id: str = ""
    ) -> Sequence[BatchItem]:
        self._may(user_id)
        items = []
        for ticket in tickets:
            try:
                items.append(BatchItem(order=await self.submit(user_id, ticket, trace_id=trace_id)))
            except NodeError as e:
                items.append(BatchItem(error=e))
        return items

    async def preview(self, user_id: str, ticket: OrderTicket) -> Preview:
        account, problem = self._account(user_id), None
        try:
            self._check(account, ticket)
        except NodeError as e:
            problem = e
        notional = Decimal(ticket.quantity) * Decimal(ticket.price or MARK)
        return Preview(
            is_valid=problem is None,
            notional=notional,
            fee=notional / 1000,
            margin=notional / 10,
            price=Decimal(ticket.price or MARK),
            currency="USDT",
            problem=problem,
        )

    async def modify(
        self,
        user_id: str,
        client_order_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        trigger_price: str | None = None,
        trace_id: str = "",
    ) -> OrderRow:
        self._may(user_id)
        row = self._working(user_id, client_order_id)
        given = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
        return self._change(row, **{name: Decimal(text) for name, text in given.items() if text is not None})

    async def cancel(self, user_id: str, client_order_id: str, *, trace_id: str = "") -> OrderRow:
        self._may(user_id)
        return self._change(self._working(user_id, client_order_id), status="canceled")

    async def cancel_all(
        self, user_id: str, *, instrument_id: str | None = None, trace_id: str = ""
    ) -> Sequence[OrderRow]:
        self._may(user_id)
        wanted = [row for row in self.working(user_id) if instrument_id in {None, row.instrument_id}]
        return [self._change(row, status="canceled") for row in wanted]

    async def close_position(
        self,
        user_id: str,
        instrument_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        client_order_id: str | None = None,
        trace_id: str = "",
    ) -> Sequence[OrderRow]:
        account = self._may(user_id)
        self.instrument(instrument_id)
        held = account.positions.get(instrument_id)
        if held is None:
            raise ConflictError(f"there is no position in {instrument_id}")
        ticket = OrderTicket(
            client_order_id=client_order_id or f"close-{next(self._numbers)}",
            instrument_id=instrument_id,
            side="sell" if held.quantity > 0 else "buy",
            type="market" if price is None else "limit",
            quantity=quantity or f"{abs(held.quantity):f}",
            price=price,
        )
        await self.cancel_all(user_id, instrument_id=instrument_id)
        return [await self.submit(user_id, ticket, trace_id=trace_id)]

    async def deadman(self, user_id: str, timeout_s: float | None) -> float | None:
        account = self._may(user_id)
        account.deadman_s = timeout_s or None
        return account.deadman_s

    async def set_trading_state(self, user_id: str, state: TradingStateName, *, actor: str) -> TraderState:
        self._may(user_id).trading_state = state
        self.calls.append(("state", user_id, state, actor))
        return self.trader(user_id)

    async def set_limits(self, user_id: str, changes: dict[str, str | int | None], *, actor: str) -> TraderState:
        account = self._may(user_id)
        new = {name: Decimal(value) if isinstance(value, str) else value for name, value in changes.items()}
        for name, value in new.items():
            ceiling = getattr(in_force(CEILINGS, account.own_ceilings), name)
            if ceiling is not None and value is not None and value > ceiling:
                raise InvalidInputError(f"{name} must be at most {ceiling}, was {value}", path=f"$.{name}")
        account.limits = msgspec.structs.replace(account.limits, **new)
        return self.trader(user_id)

    async def set_ceilings(self, user_id: str, changes: dict[str, str | int | None], *, actor: str) -> TraderState:
        account = self._may(user_id)
        own = choose(CEILINGS, account.own_ceilings, changes)
        self.calls.append(("ceilings", user_id, changes, actor))
        account.own_ceilings = own
        return self.trader(user_id)

    async def set_screening(self, user_id: str, changes: Mapping[str, object], *, actor: str) -> TraderState:
        account = self._may(user_id)
        self.calls.append(("screening", user_id, changes, actor))
        account.screening = msgspec.structs.replace(account.screening, **changes)
        return self.trader(user_id)

    async def kill(self, user_id: str | None, *, flatten: bool, actor: str) -> Sequence[TraderState]:
        self.calls.append(("kill", user_id, flatten, actor))
        return await self._switch(user_id, "halted")

    async def release(self, user_id: str | None, *, actor: str) -> Sequence[TraderState]:
        self.calls.append(("release", user_id, actor))
        return await self._switch(user_id, "active")

    def catalogue(self) -> Sequence[StrategyKind]:
        return [KIND]

    async def strategy_start(
        self, user_id: str, section: StrategyConfigSection, *, name: str, actor: str
    ) -> StrategyState:
        account = self._may(user_id)
        if name in account.strategies:
            raise ConflictError(f"there is a strategy {name} already")
        if section.name != KIND.name:
            raise UnknownPluginError(f"unknown strategy {section.name!r}")
        return self._strategy(account, StrategyState(name=name, kind=section.name, state="running", section=section))

    async def strategy_resume(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        return self._strategy_change(user_id, name, state="running")

    async def strategy_stop(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        return self._strategy_change(user_id, name, state="stopped")

    async def strategy_configure(
        self, user_id: str, name: str, params: dict[str, object], *, actor: str
    ) -> StrategyState:
        return self._strategy_change(user_id, name, section=StrategyConfigSection(name=KIND.name, params=params))

    async def strategy_remove(self, user_id: str, name: str, *, actor: str) -> None:
        account = self._may(user_id)
        found = account.strategies.get(name)
        if found is None:
            raise NotFoundError(f"no strategy {name!r}")
        if found.state == "running":
            raise ConflictError(f"{name} is running")
        del account.strategies[name]

    # Its own.

    def _account(self, user_id: str) -> Account:
        if user_id not in self.accounts:
            raise NotFoundError(f"no trader of user {user_id!r}")
        return self.accounts[user_id]

    def _may(self, user_id: str) -> Account:
        if self.failure is not None:
            raise self.failure
        return self._account(user_id)

    def _own(self, user_id: str, client_order_id: str) -> OrderRow:
        row = self._account(user_id).orders.get(client_order_id)
        if row is None:
            raise OrderUnknownError(f"no order {client_order_id!r}")
        return row

    def _working(self, user_id: str, client_order_id: str) -> OrderRow:
        row = self._own(user_id, client_order_id)
        if not row.is_working:
            raise ConflictError(f"{client_order_id} is {row.status}")
        return row

    def _check(self, account: Account, ticket: OrderTicket) -> None:
        self.instrument(ticket.instrument_id)
        if ticket.type == "limit" and ticket.price is None:
            raise InvalidInputError("a limit order needs a price", path="$.price")
        if account.trading_state == "halted":
            raise TradingHaltedError("trading is halted")
        notional = Decimal(ticket.quantity) * Decimal(ticket.price or MARK)
        limit = account.limits.max_order_notional
        if limit is not None and notional > limit:
            raise OrderDeniedError(
                f"max_order_notional is {limit}, the order has {notional}",
                rule="max_order_notional",
                limit=f"{limit:f}",
                value=f"{notional:f}",
            )

    def _row(self, account: Account, ticket: OrderTicket, digest: str, trace_id: str) -> OrderRow:
        ts = self._tick()
        return OrderRow(
            user_id=account.user_id,
            account_id=account.account_id,
            strategy="desk",
            client_order_id=ticket.client_order_id,
            order_id=f"{next(self._numbers):032d}",
            instrument_id=ticket.instrument_id,
            side=ticket.side,
            type=ticket.type,
            time_in_force=ticket.time_in_force,
            quantity=Decimal(ticket.quantity),
            price=None if ticket.price is None else Decimal(ticket.price),
            trigger_price=None if ticket.trigger_price is None else Decimal(ticket.trigger_price),
            status="submitted",
            ts_created=ts,
            ts_updated=ts,
            post_only=ticket.post_only,
            reduce_only=ticket.reduce_only,
            body_hash=digest,
            trace_id=trace_id,
        )

    def _change(self, row: OrderRow, **changes: object) -> OrderRow:
        new = msgspec.structs.replace(row, ts_updated=self._tick(), revision=row.revision + 1, **changes)
        self.accounts[row.user_id].orders[row.client_order_id] = new
        self._tell("order", new)
        return new

    def _hold(self, account: Account, fill: FillRow) -> None:
        held = account.positions.get(fill.instrument_id)
        size = fill.quantity if fill.side == "buy" else -fill.quantity
        quantity = size + (held.quantity if held else 0)
        position = PositionRow(
            user_id=account.user_id,
            account_id=account.account_id,
            instrument_id=fill.instrument_id,
            quantity=quantity,
            cost=quantity * fill.price,
            realized_pnl=Decimal(0),
            fees=fill.fee + (held.fees if held else 0),
            mark_price=fill.price,
            unrealized_pnl=Decimal(0),
            ts=fill.ts,
        )
        account.positions[fill.instrument_id] = position
        if not quantity:
            del account.positions[fill.instrument_id]
        self._tell("position", position)
        balance = account.balances["USDT"]
        account.balances["USDT"] = msgspec.structs.replace(balance, total=balance.total - fill.fee, ts=fill.ts)
        self._tell("balance", account.balances["USDT"])

    async def _switch(self, user_id: str | None, state: TradingStateName) -> Sequence[TraderState]:
        names = list(self.accounts) if user_id is None else [user_id]
        for name in names:
            self._may(name).trading_state = state
            if state == "halted":
                await self.cancel_all(name)
        return [self.trader(name) for name in names]

    def _strategy(self, account: Account, state: StrategyState) -> StrategyState:
        account.strategies[state.name] = state
        return state

    def _strategy_change(self, user_id: str, name: str, **changes: object) -> StrategyState:
        account = self._may(user_id)
        if name not in account.strategies:
            raise NotFoundError(f"no strategy {name!r}")
        return self._strategy(account, msgspec.structs.replace(account.strategies[name], **changes))

    def _tick(self) -> int:
        self.now += 1_000_001
        return self.now

    def _tell(self, what: str, row: object) -> None:
        if self.listener is not None:
            getattr(self.listener, what)(row)


def _page[T](rows: Sequence[T], span: Span, times: Sequence[int]) -> Page[T]:
    """Newest first, as the journal does; the row id is the place."""
    found = [
        (number, row)
        for number, (row, ts) in enumerate(zip(rows, times, strict=True))
        if (span.start is None or ts >= span.start)
        and (span.end is None or ts < span.end)
        and span.instrument_id in {None, getattr(row, "instrument_id", None)}
        and (span.before is None or number < span.before)
    ][::-1]
    shown = found[: span.limit]
    return Page([row for _, row in shown], shown[-1][0] if len(found) > span.limit else None)
