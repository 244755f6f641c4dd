"""Messages of the private channels: what becomes of a user's own orders and account."""

from actors.bridge.wire_messages import Snapshot, Update
from actors.wire_orders import AlertBody, BalanceBody, FillBody, OrderBody, PositionBody
from actors.wire_trade_signals import TradeSignalBody
from actors.wire_traders import TraderBody


class OrderUpdate(Update, frozen=True, kw_only=True, tag="order_update"):
    """Channel `orders`: an order of yours has changed."""

    data: OrderBody


class FillUpdate(Update, frozen=True, kw_only=True, tag="fill"):
    """Channel `fills`: an order of yours was executed, in part or whole."""

    data: FillBody


class PositionUpdate(Update, frozen=True, kw_only=True, tag="position_update"):
    """Channel `positions`: a position of yours has changed; `flat` ends it."""

    data: PositionBody


class BalanceUpdate(Update, frozen=True, kw_only=True, tag="balance_update"):
    """Channel `balances`: one currency of your account has changed."""

    data: BalanceBody


class AlertUpdate(Update, frozen=True, kw_only=True, tag="alert"):
    """Channel `alerts`: something you should know."""

    data: AlertBody


class TradeSignalUpdate(Update, frozen=True, kw_only=True, tag="trade_signal"):
    """Channel `trade_signals`: a strategy of yours has acted on a signal."""

    data: TradeSignalBody


class TraderUpdate(Update, frozen=True, kw_only=True, tag="trader"):
    """Channel `trader`: your trader and its account as they are now."""

    data: TraderBody


class OrdersSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The working orders."""

    data: tuple[OrderBody, ...]


class FillsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """Nothing: fills of the past are in `GET /api/v1/fills`."""

    data: tuple[FillBody, ...]


class PositionsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The open positions."""

    data: tuple[PositionBody, ...]


class BalancesSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """All balances."""

    data: tuple[BalanceBody, ...]


class AlertsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """Nothing: alerts of the past are in `GET /api/v1/alerts`."""

    data: tuple[AlertBody, ...]


class TradeSignalsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """Nothing: what was acted on before is in the audit rows of its orders."""

    data: tuple[TradeSignalBody, ...]


class TraderSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The trader, one item."""

    data: tuple[TraderBody, ...]
