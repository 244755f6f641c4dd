"""The engine's side of trading: clients, denier, controller; made anew with every engine."""

from typing import Any

from msgspec import Struct
from nautilus_trader.live import LiveExecutionEngineConfig, LiveNodeBuilder, LiveRiskEngineConfig, RoutingConfig

from adapters.paper.client import PaperClient, PaperClientConfig
from adapters.paper.denier import DenierConfig
from adapters.paper.factory import PaperClientFactory
from node.trading.controller import CONTROLLER, TraderController, built_controller
from node.trading.core import Core

PURGE_MINS = 5
"""How often the engine forgets ended orders and closed positions that are older than this."""


class EngineTrading(Struct, frozen=True, kw_only=True):
    """What the traders need of one engine."""

    controller: TraderController
    cache: Any
    clients: dict[str, PaperClient]
    """By account id."""


def with_trading(
    builder: LiveNodeBuilder, core: Core, venues: set[str], clients: dict[str, PaperClient]
) -> LiveNodeBuilder:
    """Return the builder with a client for every slot, and for every venue one that denies what names no client.

    Args:
        builder: Of the engine.
        core: The present books.
        venues: Of all instruments.
        clients: The slots' clients enter themselves here when the engine is built.
    """
    builder = (
        builder.with_controller(CONTROLLER)
        .with_risk_engine_config(LiveRiskEngineConfig(bypass=True))  # it knows no price after a rebuild; ours knows all
        .with_exec_engine_config(
            LiveExecutionEngineConfig(
                reconciliation=False,
                inflight_check_interval_ms=0,
                purge_closed_orders_interval_mins=PURGE_MINS,
                purge_closed_orders_buffer_mins=PURGE_MINS,
                purge_closed_positions_interval_mins=PURGE_MINS,
                purge_closed_positions_buffer_mins=PURGE_MINS,
                purge_account_events_interval_mins=PURGE_MINS,
                purge_account_events_lookback_mins=PURGE_MINS,
            )
        )
    )
    for venue in sorted(venues):
        route = RoutingConfig(venues=[venue])
        builder = builder.add_exec_client(f"{venue}-DENY", PaperClientFactory, DenierConfig(venue, clients), route)
    rows = lambda account_id, order_id: core.accounts.account(account_id).orders.get(order_id)  # noqa: E731  # of every slot
    for account_id in core.slots.accounts:
        config = PaperClientConfig(core.venue, core.slots.venue, account_id, core.balances, clients, rows=rows)
        builder = builder.add_exec_client(core.slots.client(account_id), PaperClientFactory, config, None)
    return builder


def engine_trading(node: Any, clients: dict[str, PaperClient]) -> EngineTrading:  # noqa: ANN401  # a LiveNode
    """Return what the traders need of an engine that is built and does not run yet."""
    return EngineTrading(controller=built_controller(), cache=node.cache, clients=clients)
