"""The gate in front of the engine: an order is checked, reserved and durable before anything is sent anywhere."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from actors.accounts.accounts import Accounts
from actors.accounts.draft import body_hash, new_order_id, order_of
from actors.orders import DESK, OrderEvent, OrderRow, OrderTicket
from actors.ports.journal import Journal
from actors.ports.traders import BatchItem
from config.errors import IdempotencyConflictError, InvalidInputError, NodeError
from node.trading.audited import submitted
from node.trading.checks import Checks
from node.trading.trader import Trader

type Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]


class Request(NamedTuple):
    """One order to be taken."""

    ticket: OrderTicket
    strategy: str = DESK
    """Whose net it changes; its carrier sends it."""
    is_closing: bool = False
    """Neither trading state nor limits forbid it."""
    body: str | None = None
    """Digest of what was asked for, where that was no ticket."""

    @property
    def digest(self) -> str:
        """Equal for the same request under the same id."""
        return self.body or body_hash(self.ticket)


class Place(Protocol):
    """Hands durable orders to the engine."""

    def __call__(self, trader: Trader, row: OrderRow, *, is_closing: bool) -> str | None:
        """Send an order; return why it must not be sent any more."""


log = structlog.get_logger(__name__)

_orders = Counter("whisperer_orders_total", "Manual orders by what became of their request", ["outcome"])


class _Claim:
    """One ticket under way: whoever sends the same meanwhile waits for the same outcome."""

    __slots__ = ("order_id", "outcome", "request", "row", "ticket", "user_id")

    def __init__(self, user_id: str, request: Request, outcome: asyncio.Future[BatchItem]) -> None:
        self.user_id = user_id
        self.request = request
        self.ticket = request.ticket
        self.order_id = new_order_id()
        self.row: OrderRow | None = None
        self.outcome = outcome

    @property
    def key(self) -> tuple[str, str]:
        return self.user_id, self.ticket.client_order_id

    def settle(self, item: BatchItem) -> None:
        if not self.outcome.done():
            self.outcome.set_result(item)
            _orders.labels("accepted" if item.error is None else item.error.code).inc()


class Gate:
    """Takes manual orders: the same id and body again is the same order, also while the first is under way."""

    def __init__(self, checks: Checks, accounts: Accounts, journal: Journal, place: Place, spawn: Spawn) -> None:
        """Let orders through.

        Args:
            checks: What may be sent.
            accounts: Where orders bind money.
            journal: Where intents become durable.
            place: Hands durable orders to the engine.
            spawn: Runs what must not end with the request that asked for it.
        """
        self._checks = checks
        self._accounts = accounts
        self._journal = journal
        self._place = place
        self._spawn = spawn
        self._claims: dict[tuple[str, str], _Claim] = {}
        self._doomed: dict[str, str] = {}

    def doom(self, row: OrderRow, reason: str) -> bool:
        """Have an order that is still on its way to the disk canceled as soon as it is there; False if it is not."""
        claim = self._claims.get((row.user_id, row.client_order_id))
        if claim is None or claim.order_id != row.order_id:
            return False
        self._doomed[row.order_id] = reason
        return True

    @property
    def is_idle(self) -> bool:
        """Whether no order is under way to the disk."""
        return not self._claims

    async def submit(self, trader: Trader, requests: Sequence[Request], trace_id: str) -> list[BatchItem]:
        """Take orders, each with its own outcome; those that may go are made durable together."""
        fresh: list[_Claim] = []
        outcomes = [self._claimed(trader, request, fresh) for request in requests]
        if fresh:
            self._spawn(self._carry(trader, fresh, trace_id))
        return [item if isinstance(item, BatchItem) else await asyncio.shield(item) for item in outcomes]

    def _claimed(self, trader: Trader, request: Request, fresh: list[_Claim]) -> asyncio.Future[BatchItem] | BatchItem:
        """Return the outcome to come of a ticket, or of the same one that is under way."""
        claim = self._claims.get((trader.user_id, request.ticket.client_order_id))
        if claim is None:
            claim = _Claim(trader.user_id, request, asyncio.get_running_loop().create_future())
            self._claims[claim.key] = claim
            fresh.append(claim)
        elif claim.request != request:
            return BatchItem(error=conflict(request.ticket.client_order_id))
        return claim.outcome

    async def _carry(self, trader: Trader, claims: list[_Claim], trace_id: str) -> None:
        try:
            new = [claim for claim in claims if not await self._is_known(trader, claim)]
            past = {name: row for claim in new for name, row in (await self._past(trader, claim, new)).items()}
            drafted = [claim for claim in new if self._draft(trader, claim, new, past, trace_id)]
            if drafted and await self._make_durable(drafted):
                for claim in drafted:
                    self._send(trader, claim)
        finally:
            for claim in claims:
                del self._claims[claim.key]
                self._doomed.pop(claim.order_id, None)
                if not claim.outcome.done():
                    claim.outcome.set_exception(RuntimeError("the order was given up"))

    async def _is_known(self, trader: Trader, claim: _Claim) -> bool:
        """Answer a ticket whose id was used before."""
        name = claim.ticket.client_order_id
        known = trader.account.orders.find(name)
        if known is None:
            try:
                known = await self._journal.find_order(trader.user_id, name)
            except NodeError as e:
                claim.settle(BatchItem(error=e))
                return True
        if known is None:
            return False
        is_same = known.body_hash == claim.request.digest
        claim.settle(BatchItem(order=known) if is_same else BatchItem(error=conflict(name)))
        return True

    async def _past(self, trader: Trader, claim: _Claim, batch: list[_Claim]) -> dict[str, OrderRow]:
        """Return the orders that a ticket names and that ended so long ago that the journal alone knows them."""
        mates = {one.ticket.client_order_id for one in batch}
        names = {claim.ticket.parent_client_order_id, *claim.ticket.linked_client_order_ids} - mates
        unknown = [name for name in names if name is not None and trader.account.orders.find(name) is None]
        try:
            rows = [await self._journal.find_order(trader.user_id, name) for name in unknown]
        except NodeError as e:
            log.warning("order_not_found", user_id=trader.user_id, reason=str(e))
            return {}
        return {row.client_order_id: row for row in rows if row is not None and not row.is_working}

    def _draft(
        self, trader: Trader, claim: _Claim, batch: list[_Claim], past: dict[str, OrderRow], trace_id: str
    ) -> bool:
        """Check and reserve; settle a ticket that may not go."""
        mates = {one.ticket.client_order_id: one for one in batch}

        def find(name: str) -> OrderRow | None:
            mate = mates.get(name)
            known = trader.account.orders.find(name) or past.get(name)
            return known if mate is None else _placeholder(trader, mate)

        try:
            self._checks.check_open(trader)
            instrument = self._checks.instrument(claim.ticket.instrument_id)
            row = order_of(
                claim.ticket,
                instrument,
                user_id=trader.user_id,
                account_id=trader.account_id,
                now_ns=self._checks.now_ns(),
                find=find,
                strategy=claim.request.strategy,
                trace_id=trace_id,
                order_id=claim.order_id,
            )
            price = self._checks.check(trader, row, is_closing=claim.request.is_closing)
        except NodeError as e:
            claim.settle(BatchItem(error=e))
            return False
        claim.row = replace(row, body_hash=claim.request.digest)
        self._accounts.reserve(claim.row, price)
        return True

    async def _make_durable(self, claims: list[_Claim]) -> bool:
        rows = [claim.row for claim in claims if claim.row is not None]
        try:
            await self._journal.durable(*rows, *map(submitted, rows))
        except NodeError as e:
            for claim, row in zip(claims, rows, strict=True):
                self._accounts.withdraw(row)
                claim.settle(BatchItem(error=e))
            return False
        return True

    def _send(self, trader: Trader, claim: _Claim) -> None:
        row = trader.account.orders.get(claim.order_id)
        if row is None:
            raise RuntimeError(f"order {claim.order_id} has left its account")
        problem = self._doomed.pop(row.order_id, None)
        if problem is None and row.is_working:
            problem = self._placed(trader, row, is_closing=claim.request.is_closing)
        if problem is not None:
            event = OrderEvent(kind="canceled", order_id=row.order_id, ts=self._checks.now_ns(), reason=problem)
            self._accounts.on_event(row.account_id, event)
        claim.settle(BatchItem(order=trader.account.orders.get(claim.order_id) or row))

    def _placed(self, trader: Trader, row: OrderRow, *, is_closing: bool) -> str | None:
        """Hand an order to the engine; return why that was not possible."""
        try:
            return self._place(trader, row, is_closing=is_closing)
        except Exception as e:  # its money is bound already: the order ends, and the others of its batch go on
            log.exception("order_not_placed", user_id=row.user_id, order_id=row.order_id)
            return f"it could not be sent: {type(e).__name__}"


def _placeholder(trader: Trader, claim: _Claim) -> OrderRow:
    """Return what an order of the same batch needs to know of another one.

    Raises:
        InvalidInputError: If that one is refused.
    """
    if claim.row is not None:
        return claim.row
    ticket = claim.ticket
    if claim.outcome.done():
        raise InvalidInputError(f"order {ticket.client_order_id!r} of the same batch was refused")
    return OrderRow(
        user_id=trader.user_id,
        account_id=trader.account_id,
        strategy=DESK,
        client_order_id=ticket.client_order_id,
        order_id=claim.order_id,
        instrument_id=ticket.instrument_id,
        side=ticket.side,
        type=ticket.type,
        time_in_force=ticket.time_in_force,
        quantity=Decimal(ticket.quantity),
        status="submitted",
        ts_created=0,
        ts_updated=0,
    )


def conflict(client_order_id: str) -> IdempotencyConflictError:
    """Return what to tell of an id that was used with another body."""
    return IdempotencyConflictError(
        f"client_order_id {client_order_id!r} was used for another order; take a new one",
        path="$.client_order_id",
    )
