"""The desk of one trader: the strategy through which manual orders reach the engine."""

from typing import Any, Self, override

from nautilus_trader.model import ClientOrderId, Price, Quantity, StrategyId
from nautilus_trader.trading import StrategyConfig

from actors.market import Instrument
from actors.orders import OrderRow
from config.fields import Config
from strategies.base import TraderStrategy
from strategies.orders import engine_order


class DeskConfig(Config, frozen=True, kw_only=True):
    """A desk has no settings."""


def desk_config(tag: str) -> StrategyConfig:
    """Return the engine's part of a desk's configuration; `tag` ends its ids."""
    return StrategyConfig(
        strategy_id=StrategyId(f"T-{tag}"),
        order_id_tag=tag,
        use_uuid_client_order_ids=True,
        use_hyphens_in_client_order_ids=False,
        log_events=False,
        log_commands=False,
    )


class Desk(TraderStrategy):
    """Decides nothing and subscribes nothing, so a trader who does nothing costs nothing."""

    params_type = DeskConfig

    @override
    def __new__(cls, tag: str, *_args: Any, **_kwargs: Any) -> Self:
        """Give the engine the configuration."""
        return super().__new__(cls, desk_config(tag))

    def __init__(self, tag: str) -> None:
        """Make the desk whose ids end with `tag`."""
        super().__init__(desk_config(tag))

    def place(self, row: OrderRow, instrument: Instrument) -> None:
        """Submit an order whose intent is durable."""
        self.send_order(engine_order(self.order_factory, row, instrument))


def change_order(desk: TraderStrategy, row: OrderRow, wanted: OrderRow, instrument: Instrument) -> None:
    """Ask for a change of `row` to what `wanted` has of quantity, price and trigger."""
    places = instrument.price_precision
    price = None if wanted.price == row.price else wanted.price
    trigger = None if wanted.trigger_price == row.trigger_price else wanted.trigger_price
    desk.modify_order(
        ClientOrderId(row.order_id),
        quantity=Quantity.from_decimal_dp(wanted.quantity, instrument.size_precision),
        price=None if price is None else Price.from_decimal_dp(price, places),
        trigger_price=None if trigger is None else Price.from_decimal_dp(trigger, places),
    )
