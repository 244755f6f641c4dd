"""NodeConfig -> the objects of the process, and a LiveNode with actors and the market's client attached."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from nautilus_trader.common import CacheConfig, DataActorConfig, Environment, LoggerConfig, LogLevel
from nautilus_trader.live import LiveNode, RoutingConfig
from nautilus_trader.model import ActorId, TraderId

from actors.auth.actor import AuthActor, Due
from actors.bridge.actor import BridgeActor
from actors.bridge.relay import Relay
from actors.buffer.actor import BufferActor
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.guard import Fault
from actors.indicators.actor import IndicatorActor
from actors.indicators.store import RunningIndicators
from actors.market import bar_type_of
from actors.ports import Background
from actors.signal.actor import SignalActor
from actors.signal.log import SignalLog
from actors.signal.models.registry import ModelRegistry
from actors.signal.outcomes.recorder import Recorder
from actors.ticks.actor import TickActor
from actors.ticks.store import Ticks
from actors.turns import Turns
from adapters.client import FeedClientConfig, FeedClientFactory
from adapters.paper.actor import BarListener, PaperActor
from adapters.paper.client import PaperClient
from config.schema import NodeConfig
from config.signals import SignalConfig
from node.host import BuiltNode
from node.lean import cheap_banner
from node.market import OpenMarket
from node.trading.core import Core
from node.trading.engine import engine_trading, with_trading

TRADER_ID = "WHISPERER-001"
_CONNECT_S = 10
_KEPT = 1_000
"""Ticks and bars that the engine keeps per instrument, for strategies that look back; the windows are ours."""

_QUIET = {"nautilus_common::cache": "ERROR", "nautilus_common::cache::index": "ERROR"}
"""They warn of accounts that share an issuer, and of orders that outlive an engine: both are meant."""


class Parts(Struct, frozen=True, kw_only=True):
    """What outlives every built node."""

    config: NodeConfig
    market: OpenMarket
    clock: MarketClock
    buffer: Buffer
    signals: SignalLog
    recorder: Recorder | None = None
    """Keeps and judges signals; None: nobody does."""
    models: ModelRegistry | None = None
    """Trained models; None: there are none."""
    indicators: RunningIndicators
    ticks: Ticks
    relay: Relay
    settings: Callable[[], Sequence[SignalConfig]] | None = None
    """Returns `[[signals]]` as they are set now; None: they do not change."""
    background: Background
    """What takes time for predictors, AI services among it."""
    is_stale: Callable[[], bool]
    """Whether the feed has been silent for longer than it may."""
    on_fault: Callable[[Fault], None]
    """Told inside the failing callback when a shell of ours has failed for good."""
    books: Callable[[], Core] | None = None
    """Returns the present books of the traders; None: no orders are taken."""
    bars: BarListener | None = None
    """Hears the closed bars of instruments without trades."""
    upkeep: Due | None = None
    """What has to be done about users from time to time; None: there are none."""


def build_node(parts: Parts) -> BuiltNode:
    """Return a fresh node, attached to what outlives it and not running yet."""
    name = parts.config.market.upper()
    market = parts.market
    client = FeedClientConfig(market.player, market.latency_s, market.line, parts.buffer.has_all)
    builder = (
        LiveNode.builder(parts.config.node.name, TraderId(TRADER_ID), Environment.LIVE)
        .with_logging(
            LoggerConfig(stdout_level=LogLevel.WARNING, component_levels=_QUIET, is_colored=False, print_config=False)
        )
        .with_cache_config(CacheConfig(tick_capacity=_KEPT, bar_capacity=_KEPT))
        .with_reconciliation(False)
        .with_timeout_connection(_CONNECT_S)
        .with_delay_post_stop_secs(0)
        .with_delay_shutdown_secs(0)
        .add_data_client(name, FeedClientFactory, client, RoutingConfig(default=True))
    )
    clients: dict[str, PaperClient] = {}
    if parts.books is not None:
        venues = {instrument.venue for instrument in parts.market.feed.instruments.values()}
        builder = with_trading(builder, parts.books(), venues, clients)
    with cheap_banner():
        node = builder.build()
    actors: tuple[Any, ...] = (*_actors(parts), *_bar_actor(parts), *_auth_actor(parts))
    for actor in actors:
        actor.faults.tell(parts.on_fault)
        node.add_actor(actor)
    trading = None if parts.books is None else engine_trading(node, clients)
    return BuiltNode(node=node, components=actors, trading=trading)


def _actors(parts: Parts) -> tuple[BufferActor, SignalActor, TickActor, IndicatorActor, BridgeActor]:
    """Return the shells; they may start in any order."""
    feed = parts.market.feed
    bridge = BridgeActor(
        DataActorConfig(actor_id=ActorId("BRIDGE-001")),
        parts.relay,
        has_ticks=parts.config.features.real_time_data,
    )
    signal = SignalActor(
        DataActorConfig(actor_id=ActorId("SIGNAL-001")),
        parts.config.signals,
        parts.buffer,
        parts.signals,
        is_stale=parts.is_stale,
        turns=Turns(),
        recorder=parts.recorder,
        models=parts.models,
        background=parts.background,
        settings=parts.settings,
    )
    buffer = BufferActor(
        DataActorConfig(actor_id=ActorId("BUFFER-001")),
        parts.buffer,
        parts.clock,
        give_up_s=2 * parts.config.buffer.request_timeout_s,
        latest=lambda: feed.position_ns,
    )
    ticks = TickActor(DataActorConfig(actor_id=ActorId("TICKS-001")), parts.ticks, tuple(feed.instruments.values()))
    indicators = IndicatorActor(DataActorConfig(actor_id=ActorId("INDICATORS-001")), parts.indicators)
    return buffer, signal, ticks, indicators, bridge


def _bar_actor(parts: Parts) -> list[PaperActor]:
    """Return the shell that has bars walked through on paper, where nothing else is known of an instrument."""
    feed = parts.market.feed
    natives = {name: feed.native_interval(name) for name in feed.instruments if "trades" not in feed.kinds(name)}
    bar_types = frozenset(bar_type_of(name, native) for name, native in natives.items() if native is not None)
    if parts.bars is None or not bar_types:
        return []
    return [PaperActor(DataActorConfig(actor_id=ActorId("PAPER-001")), parts.bars, bar_types)]


def _auth_actor(parts: Parts) -> list[AuthActor]:
    """Return the shell with the timers of users, where there are any."""
    if parts.upkeep is None:
        return []
    return [AuthActor(DataActorConfig(actor_id=ActorId("AUTH-001")), parts.upkeep)]
