"""Strategy `signal_follow`: hold the side the signal points to."""

from decimal import Decimal
from enum import Enum
from typing import Any, Literal, override

from nautilus_trader.model import (
    ClientOrderId,
    CurrencyPair,
    InstrumentId,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderSide,
    Quantity,
)
from nautilus_trader.trading import StrategyConfig

from actors.market import bar_type_of
from actors.messages import SIGNALS_TOPIC, Signal, SignalSide
from config.errors import ConfigError
from config.fields import Amount, Config, InstrumentName, IntervalName, Share
from strategies.base import TraderStrategy
from strategies.registry import strategies

Holding = Literal["long", "short", "flat"]

_ENDS = (OrderCanceled, OrderDenied, OrderExpired, OrderRejected)


class Action(Enum):
    """What to do about one signal."""

    HOLD = "hold"
    OPEN_LONG = "open_long"
    OPEN_SHORT = "open_short"
    CLOSE = "close"


class SignalFollowConfig(Config, frozen=True, kw_only=True):
    """Settings of one instance."""

    instrument_id: InstrumentName
    interval: IntervalName = "1m"
    """Interval of the signals it follows."""
    quantity: Amount
    """Size of a position in base units, decimal text."""
    trade_confidence: Share | None = None
    """Only signals above this confidence are acted on; None: what the settings of the signals say."""
    allow_short: bool = False
    """On a perpetual: open a short position on a short signal; otherwise short means closing."""


def decide(
    signal: SignalSide, confidence: float, holding: Holding, *, trade_confidence: float, allow_short: bool
) -> Action:
    """Return the action for one signal; a position against it is closed first, the next signal may open."""
    if signal in {"neutral", holding} or confidence <= trade_confidence:
        return Action.HOLD
    if holding != "flat":
        return Action.CLOSE
    if signal == "long":
        return Action.OPEN_LONG
    return Action.OPEN_SHORT if allow_short else Action.HOLD


@strategies.register("signal_follow")
class SignalFollow(TraderStrategy):
    """Buys on a confident long signal and closes on a short one; one position, one order in flight at a time."""

    params_type = SignalFollowConfig

    def __init__(self, config: StrategyConfig, params: SignalFollowConfig) -> None:
        super().__init__(config)
        self._params = params
        self._instrument_id = InstrumentId.from_str(params.instrument_id)
        self._topic = f"{SIGNALS_TOPIC}.{bar_type_of(params.instrument_id, params.interval)}"
        self._quantity = Quantity.from_str(params.quantity)
        self._in_flight: ClientOrderId | None = None

    @override
    def on_start(self) -> None:
        instrument = self.cache.instrument(self._instrument_id)
        if instrument is None:
            raise ConfigError(f"signal_follow: no venue has the instrument {self._params.instrument_id}")
        if self._params.allow_short and isinstance(instrument, CurrencyPair):
            raise ConfigError(f"signal_follow: allow_short needs a perpetual, {instrument.id} is spot")
        self._quantity = checked_quantity(instrument, self._params.quantity)
        self.subscribe_topic(self._topic, self.on_signal_message)

    @override
    def on_stop(self) -> None:
        self.unsubscribe_topic(self._topic, self.on_signal_message)

    def on_signal_message(self, signal: Signal) -> None:
        """Act on one signal from the bus; a stale one and one while an order is in flight are passed over."""
        params = self._params
        act_above = signal.act_above if params.trade_confidence is None else params.trade_confidence
        is_usable = signal.usable and not signal.stale and signal.confidence > act_above
        if not is_usable or self._in_flight is not None:
            return
        action = decide(
            signal.signal,
            signal.confidence,
            self._holding(),
            trade_confidence=act_above,
            allow_short=params.allow_short,
        )
        if action is not Action.HOLD:
            self._act(action)

    @override
    def on_order_event(self, event: Any) -> None:
        if event.client_order_id != self._in_flight:
            return
        if isinstance(event, _ENDS) or (isinstance(event, OrderFilled) and self._is_filled(event.client_order_id)):
            self._in_flight = None

    def _is_filled(self, client_order_id: ClientOrderId) -> bool:
        order = self.cache.order(client_order_id)
        return order is None or order.is_closed

    def _holding(self) -> Holding:
        for position in self.cache.positions_open(None, self._instrument_id, self.strategy_id):
            return "long" if position.is_long else "short"
        return "flat"

    def _act(self, action: Action) -> None:
        if action is Action.CLOSE:
            position = self.cache.positions_open(None, self._instrument_id, self.strategy_id)[0]
            side = OrderSide.SELL if position.is_long else OrderSide.BUY
            order = self.order_factory.market(self._instrument_id, side, position.quantity, reduce_only=True)
        else:
            side = OrderSide.BUY if action is Action.OPEN_LONG else OrderSide.SELL
            order = self.order_factory.market(self._instrument_id, side, self._quantity)
        self._in_flight = order.client_order_id
        self.submit_order(order)


def checked_quantity(instrument: Any, quantity: str) -> Quantity:  # noqa: ANN401  # an engine instrument
    """Return decimal text as a quantity that the instrument takes.

    Raises:
        ConfigError: If it is zero, has too many places, or is below or above the instrument's limits.
    """
    wanted, places = Decimal(quantity), instrument.size_precision
    if wanted <= 0 or round(wanted, places) != wanted:
        raise ConfigError(f"quantity must be positive with at most {places} places for {instrument.id}, was {quantity}")
    made: Quantity = instrument.make_qty(wanted)
    low, high = instrument.min_quantity, instrument.max_quantity
    if (low is not None and made < low) or (high is not None and made > high):
        raise ConfigError(f"quantity must be within {low}..{high} for {instrument.id}, was {quantity}")
    return made
