"""`/api/v1/screened-orders/…`: what became of judged orders, told by those who sent them, listed and summed up."""

from typing import Annotated, Any, ClassVar, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.auth.services import is_service
from actors.bridge.context import Context
from actors.bridge.rest.query import CursorParam, EndParam, Limit, StartParam, cursor_of, position_of, time_range
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, person_of, routes
from actors.bridge.routes.audit import administers
from actors.ports.identity import Principal
from actors.ports.order_outcomes import SOURCE, KeptOrder, OrderOutcomes, OrderSpan
from actors.screening.candidate import NAMES
from actors.screening.kept import past_row
from actors.screening.scoring import OrderAccuracy, order_accuracies
from actors.screening.verdict import Recommendation
from actors.screening.written import Moment, nanoseconds
from actors.signal.option_orders import strategy_of
from actors.wire import Millis
from config.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StoreUnavailableError,
)

TAG = "order predictor"
_MS = 1_000_000


class OutcomeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of an order: `profit`, `won`, or both when they agree."""

    profit: Annotated[float, Meta(ge=-1e12, le=1e12)] | None = None
    """After fees; above 0 it has won."""
    won: bool | None = None
    resolved: Moment | None = None
    """When it was known, ISO 8601 or UNIX time; else now, in market time."""
    replace: bool = False
    """Whether it corrects what was told before."""


class ToldOrder(Struct, frozen=True, kw_only=True):
    """A judged order with its outcome."""

    prediction_id: str
    order_id: str
    symbol: str
    strategy: str
    final_score: float | None
    """Win probability that was told, 0..1; null: abstained."""
    threshold: float
    recommendation: Recommendation
    model: str
    won: bool | None
    profit: float | None
    correct: bool | None
    """Whether it was predicted, by its threshold; null of an abstention."""
    ts: Millis
    """Of the order, market time."""
    ts_resolved: Millis | None


class LearntOrder(Struct, frozen=True, kw_only=True):
    """One line of a file that `run_node.py train --orders` reads, and what was predicted."""

    prediction: ToldOrder
    row: dict[str, Any] | None
    """Null when strategy or market were not known: nothing can be learnt from it."""


class OutcomeList(Struct, frozen=True, kw_only=True):
    """Orders whose outcome is known, newest first."""

    items: tuple[LearntOrder, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class OrderAccuracyList(Struct, frozen=True, kw_only=True):
    """By strategy, then its symbols."""

    items: tuple[OrderAccuracy, ...]


class OrderAccuracyQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders, by their times."""

    symbol: Annotated[str, Meta(max_length=24, description="as the orders name it")] | UnsetType = UNSET
    strategy: Annotated[str, Meta(max_length=40, description="for example `Iron Condor`")] | UnsetType = UNSET
    start: StartParam | UnsetType = UNSET
    end: EndParam | UnsetType = UNSET


class OutcomesQuery(OrderAccuracyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders, and which page."""

    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


@routes.register("POST /api/v1/screened-orders/{order_id}/outcome")
class PostOutcome(Route[NoQuery]):
    """Tell what became of a judged order of yours or of the node's source, by `prediction_id` or its own id.

    Programs with a service token and traders may. The answer comes when it is on the disk; the same word again changes
    nothing, another one is 409 unless it says `replace`.
    """

    body = OutcomeBody
    reply: ClassVar[type[Struct]] = ToldOrder
    tag = TAG
    parameters: ClassVar[dict[str, str]] = {
        "order_id": "`prediction_id` of an answer, or the order's own id: its newest"
    }
    problems = (ConflictError, ForbiddenError, InvalidInputError, NotFoundError, StoreUnavailableError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked, principal = body_of(call, OutcomeBody), person_of(call)
        if not is_service(principal):
            principal.require("trader", need="trade")
        kept = await _outcomes(self.context).tell(
            call.path["order_id"],
            owner=principal.user_id,
            won=asked.won,
            profit=asked.profit,
            resolved=None if asked.resolved is None else nanoseconds(asked.resolved),
            is_correction=asked.replace,
        )
        return json_answer(_told(kept))


@routes.register("GET /api/v1/screened-orders/outcomes")
class GetOutcomes(Route[OutcomesQuery]):
    """List orders whose outcome is known, newest first; `row` is a line of the file that training reads.

    Those of the node's source and your own; for admins everybody's.
    """

    query = OutcomesQuery
    reply: ClassVar[type[Struct]] = OutcomeList
    tag = TAG
    problems = (NotFoundError, StoreUnavailableError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: OutcomesQuery) -> Answer:
        principal, outcomes = person_of(call), _outcomes(self.context)
        span = _span(principal, query)
        question = f"outcomes {span.owners} {span.symbol} {span.strategy} {span.start} {span.end}"
        skip = 0 if query.cursor is UNSET else position_of(query.cursor, question, 1)[0]
        kept, has_older = await outcomes.orders(span, query.limit, skip)
        following = cursor_of(question, skip + len(kept)) if has_older else None
        items = tuple(LearntOrder(prediction=_told(one), row=_row(one)) for one in kept)
        return json_answer(OutcomeList(items=items, next=following))


@routes.register("GET /api/v1/screened-orders/accuracy")
class GetOrderAccuracy(Route[OrderAccuracyQuery]):
    """Sum up how good predictions of orders were, by strategy and symbol: accuracy, its interval, Brier score, profits.

    Of the node's source and your own orders; for admins of everybody's.
    """

    query = OrderAccuracyQuery
    reply: ClassVar[type[Struct]] = OrderAccuracyList
    tag = TAG
    problems = (NotFoundError, StoreUnavailableError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: OrderAccuracyQuery) -> Answer:
        tallies = await _outcomes(self.context).tallies(_span(person_of(call), query))
        return json_answer(OrderAccuracyList(items=tuple(order_accuracies(tallies))))


def _outcomes(context: Context) -> OrderOutcomes:
    if context.order_outcomes is None:
        raise NotFoundError("this node keeps no judged orders: it judges none, or `analyses.enabled` is false")
    return context.order_outcomes


def _span(principal: Principal, query: OrderAccuracyQuery) -> OrderSpan:
    start, end = time_range(query.start, query.end)
    strategy = None if query.strategy is UNSET else NAMES[strategy_of(query.strategy)]
    return OrderSpan(
        owners=None if administers(principal) else (SOURCE, principal.user_id),
        symbol=None if query.symbol is UNSET else query.symbol.upper(),
        strategy=strategy,
        start=start,
        end=end,
    )


def _told(kept: KeptOrder) -> ToldOrder:
    return ToldOrder(
        prediction_id=kept.prediction_id,
        order_id=kept.order_id,
        symbol=kept.symbol,
        strategy=kept.strategy,
        final_score=kept.probability,
        threshold=kept.threshold,
        recommendation=kept.recommendation,
        model=kept.model,
        won=kept.won,
        profit=kept.profit,
        correct=kept.is_right,
        ts=kept.ts // _MS,
        ts_resolved=None if kept.ts_resolved is None else kept.ts_resolved // _MS,
    )


def _row(kept: KeptOrder) -> dict[str, Any] | None:
    return past_row(kept) if kept.learnable else None
