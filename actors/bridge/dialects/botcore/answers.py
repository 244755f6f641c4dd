"""What all paths of the bot core share: how an error looks, and how long an answer waits for an order."""

import time
from collections.abc import Sequence
from typing import Literal, override

from msgspec import Struct

from actors.bridge.context import Context
from actors.bridge.desk import Desk
from actors.bridge.rest.problems import ProblemAnswer, refusal_answer
from actors.bridge.rest.route import JSON, Call, Route
from actors.bridge.words import time_text
from actors.orders import FillRow, OrderRow
from actors.ports import Span
from config.errors import ErrorCode, NodeError

PATIENCE_S = 2.0
"""How long an answer waits for the outcome of an order."""
_FILLS = 1_000


class BotcoreError(Struct, frozen=True, kw_only=True):
    """Every error of the bot core's paths."""

    success: Literal[False] = False
    error: str
    code: ErrorCode
    request_id: str
    timestamp: str


class BotcoreRoute[Q: Struct](Route[Q]):
    """One verb on one path of the bot core."""

    refusal = BotcoreError
    tag = "bot core"

    @override
    @classmethod
    def refused(cls, error: NodeError, request_id: str) -> ProblemAnswer:
        body = BotcoreError(error=str(error), code=error.code, request_id=request_id, timestamp=wall_text())
        return refusal_answer(error, body, content_type=JSON)

    def desk(self, call: Call) -> Desk:
        """Return where the caller's orders are taken."""
        return Desk(self.context, call.principal)


def wall_text() -> str:
    """Return the wall time of now as their clients read it."""
    return time_text(time.time_ns() // 1_000_000)


async def outcome(context: Context, desk: Desk, row: OrderRow, patience_s: float = PATIENCE_S) -> OrderRow:
    """Return an order once it has ended, or rests; as it is when that takes too long."""
    with context.told.watching(row.order_id) as watch:
        now = await desk.traders.order(desk.user_id, row.client_order_id)
        if _is_enough(now):
            return now
        return await watch.until(_is_enough, patience_s) or now


async def fills_of(desk: Desk, rows: Sequence[OrderRow]) -> list[FillRow]:
    """Return the fills of orders of one instrument that have just been executed, newest first."""
    ids = {row.order_id for row in rows if row.filled_quantity}
    if not ids:
        return []
    page = await desk.traders.fills(desk.user_id, Span(instrument_id=rows[0].instrument_id, limit=_FILLS))
    return [fill for fill in page.rows if fill.order_id in ids]


def _is_enough(row: OrderRow) -> bool:
    rests = row.type != "market" and row.status != "submitted"
    return not row.is_working or rests
