"""What goes over the wire of traders: their state, limits, accounts, strategies, and what an order would do."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from actors.ports import (
    AccountView,
    BatchItem,
    Limits,
    Preview,
    StrategyKind,
    StrategyState,
    TraderState,
)
from actors.ports.host import TradingStateName
from actors.wire import DecimalText, ErrorItem, Millis
from actors.wire_orders import OrderBody, exact_text, order_body, text_or_none
from actors.wire_own_orders import TraderScreening, screening_body
from config.errors import ErrorCode, NodeError, OrderDeniedError

_MS = 1_000_000


class TradingLimits(Struct, frozen=True, kw_only=True):
    """What a trader may do; null: no limit. Money in the account's main currency."""

    max_order_notional: DecimalText | None
    """Price times quantity of one order."""
    max_position_notional: DecimalText | None
    """Of one instrument, working orders included."""
    max_open_orders: int | None
    max_orders_per_s: int | None
    """Submissions and changes; bursts of twice as many."""
    price_collar: DecimalText | None
    """Furthest a price may be from the market on the side that would fill at once, as a share of it."""
    max_daily_loss: DecimalText | None
    """From 00:00 UTC of market time, realized and unrealized, fees included."""
    max_leverage: DecimalText | None
    """Notional of all positions over equity, on margin accounts."""


class StrategyBody(Struct, frozen=True, kw_only=True):
    """One strategy instance of a trader."""

    name: str
    kind: str
    """Registered name, or the path of its class."""
    state: Literal["running", "stopped", "retiring", "retired"]
    """`retired`: it failed; `retiring`: it has failed and still holds a position."""
    reason: str | None
    """Why it was retired."""
    params: dict[str, Any]


class StrategyKindBody(Struct, frozen=True, kw_only=True):
    """One kind of strategy that can be started."""

    kind: str
    description: str
    params: dict[str, Any]
    """JSON schema of its parameters."""


class AccountBody(Struct, frozen=True, kw_only=True):
    """One account at this moment, in its main currency."""

    account: str
    """Its id."""
    kind: Literal["cash", "margin"]
    currency: str
    equity: DecimalText
    cash: DecimalText
    unrealized_pnl: DecimalText
    realized_pnl: DecimalText
    """Before fees."""
    fees: DecimalText
    margin_used: DecimalText
    day_pnl: DecimalText
    """Since 00:00 UTC of market time."""
    open_positions: int
    working_orders: int
    ts: Millis


class TraderBody(Struct, frozen=True, kw_only=True):
    """One trader."""

    user_id: str
    state: Literal["starting", "running", "degraded", "stopped"]
    trading_state: TradingStateName
    """The stricter one of the trader's and the node's."""
    account: AccountBody
    strategies: tuple[StrategyBody, ...]
    limits: TradingLimits
    """In force."""
    ceilings: TradingLimits
    """What the limits may be set to at the most."""
    screening: TraderScreening
    degraded: tuple[str, ...]
    deadman_s: float | None
    """Wall seconds until the dead man's switch cancels; null when it is off."""
    on_stop: Literal["keep", "cancel"]
    """What a planned stop of the node does with open orders."""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why something was not done, with the same codes and places as an error."""

    code: ErrorCode
    message: str
    retry: bool
    """Whether the same may succeed later without a change."""
    errors: tuple[ErrorItem, ...]


class PreviewBody(Struct, frozen=True, kw_only=True):
    """What an order would do, without sending it."""

    valid: bool
    notional: DecimalText
    """Quote currency, at the limit price or what the visible book would give."""
    fee: DecimalText
    """Estimated: maker fee for what would rest, else taker fee."""
    margin: DecimalText
    """It would bind."""
    price: DecimalText | None
    """Average price expected; null when the book does not tell."""
    currency: str
    problem: Refusal | None
    """Why it would be refused."""


class BatchResult(Struct, frozen=True, kw_only=True):
    """The outcome of one order of a batch: the order, or why there is none."""

    client_order_id: str
    order: OrderBody | None
    error: Refusal | None


def trader_body(state: TraderState, account: AccountView, *, positions: int, orders: int) -> TraderBody:
    """Return the wire form of a trader with so many open positions and working orders."""
    return TraderBody(
        user_id=state.user_id,
        state=state.state,
        trading_state=state.trading_state,
        account=account_body(account, positions=positions, orders=orders),
        strategies=tuple(map(strategy_body, state.strategies)),
        limits=limits_body(state.limits),
        ceilings=limits_body(state.ceilings),
        screening=screening_body(state.screening),
        degraded=tuple(state.degraded),
        deadman_s=state.deadman_s,
        on_stop=state.on_stop,
    )


def account_body(view: AccountView, *, positions: int, orders: int) -> AccountBody:
    """Return the wire form of an account."""
    return AccountBody(
        account=view.account_id,
        kind=view.kind,
        currency=view.currency,
        equity=exact_text(view.equity),
        cash=exact_text(view.cash),
        unrealized_pnl=exact_text(view.unrealized_pnl),
        realized_pnl=exact_text(view.realized_pnl),
        fees=exact_text(view.fees),
        margin_used=exact_text(view.margin_used),
        day_pnl=exact_text(view.day_pnl),
        open_positions=positions,
        working_orders=orders,
        ts=view.ts // _MS,
    )


def limits_body(limits: Limits) -> TradingLimits:
    """Return the wire form of limits."""
    return TradingLimits(
        max_order_notional=text_or_none(limits.max_order_notional),
        max_position_notional=text_or_none(limits.max_position_notional),
        max_open_orders=limits.max_open_orders,
        max_orders_per_s=limits.max_orders_per_s,
        price_collar=text_or_none(limits.price_collar),
        max_daily_loss=text_or_none(limits.max_daily_loss),
        max_leverage=text_or_none(limits.max_leverage),
    )


def strategy_body(state: StrategyState) -> StrategyBody:
    """Return the wire form of a strategy instance."""
    params: dict[str, Any] = msgspec.to_builtins(state.section.params)
    return StrategyBody(name=state.name, kind=state.kind, state=state.state, reason=state.reason, params=params)


def strategy_kind_body(kind: StrategyKind) -> StrategyKindBody:
    """Return the wire form of a kind of strategy."""
    return StrategyKindBody(kind=kind.name, description=kind.description, params=kind.params)


def preview_body(preview: Preview) -> PreviewBody:
    """Return the wire form of a preview."""
    return PreviewBody(
        valid=preview.is_valid,
        notional=exact_text(preview.notional),
        fee=exact_text(preview.fee),
        margin=exact_text(preview.margin),
        price=text_or_none(preview.price),
        currency=preview.currency,
        problem=None if preview.problem is None else refusal(preview.problem),
    )


def batch_result(client_order_id: str, item: BatchItem) -> BatchResult:
    """Return the wire form of one outcome of a batch."""
    return BatchResult(
        client_order_id=client_order_id,
        order=None if item.order is None else order_body(item.order),
        error=None if item.error is None else refusal(item.error),
    )


def refusal(error: NodeError) -> Refusal:
    """Return the wire form of an error that does not stand alone."""
    return Refusal(code=error.code, message=str(error), retry=error.is_retryable, errors=error_items(error))


def error_items(error: NodeError) -> tuple[ErrorItem, ...]:
    """Return where the fault is, and for a denial which limit was met; empty when the whole is at fault."""
    if isinstance(error, OrderDeniedError):
        path = error.path or "$"
        return (
            ErrorItem(
                path=path, code=error.code, message=str(error), rule=error.rule, limit=error.limit, value=error.value
            ),
        )
    return () if error.path is None else (ErrorItem(path=error.path, code=error.code, message=str(error)),)
