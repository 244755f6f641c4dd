"""`GET /api/v1/screened-orders`: what became of the orders of the configured source."""

from typing import Annotated, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.screening.verdict import Recommendation, Verdict
from config.errors import NotFoundError


class ScreenedOrderBody(Struct, frozen=True, kw_only=True):
    """One order of the source."""

    order_id: str
    """The source's, or one that stands for all that it says of the order."""
    prediction_id: str
    """What its outcome is told of."""
    symbol: str
    strategy: str
    final_score: float | None
    """Win probability, 0..1; null: abstained."""
    recommendation: Recommendation
    threshold: float
    """Of its symbol and strategy."""
    sources: tuple[str, ...]
    """Models that were asked."""
    details: tuple[str, ...]
    """Why."""
    ts: int
    """When it was judged, market time, UNIX milliseconds."""


class ScreenedOrdersBody(Struct, frozen=True, kw_only=True):
    """Newest first."""

    orders: tuple[ScreenedOrderBody, ...]
    trouble: str | None
    """Why the source could not be read the last time; null when it could."""


class ScreenedOrdersQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=1_000, description="most orders")] = 100


@routes.register("GET /api/v1/screened-orders")
class GetScreenedOrders(Route[ScreenedOrdersQuery]):
    """Give the newest judged orders of the configured source."""

    query = ScreenedOrdersQuery
    reply: ClassVar[type[Struct]] = ScreenedOrdersBody
    tag = "order predictor"
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: ScreenedOrdersQuery) -> Answer:
        found = self.context.screened_orders
        if found is None:
            raise NotFoundError("screening.source is not configured")
        orders = tuple(_body(one) for one in found.verdicts(query.limit))
        return json_answer(ScreenedOrdersBody(orders=orders, trouble=found.trouble))


def _body(verdict: Verdict) -> ScreenedOrderBody:
    return ScreenedOrderBody(
        order_id=verdict.candidate.order_id,
        prediction_id=verdict.prediction_id,
        symbol=verdict.candidate.symbol,
        strategy=verdict.candidate.strategy,
        final_score=verdict.probability,
        recommendation=verdict.recommendation,
        threshold=verdict.threshold,
        sources=() if verdict.probability is None else (verdict.model,),
        details=verdict.reasons,
        ts=verdict.ts // 1_000_000,
    )
