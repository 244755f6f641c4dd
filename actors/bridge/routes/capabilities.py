"""`GET /api/v1/capabilities`: what this node can do, so that a client need not guess."""

from typing import ClassVar, Literal, override

from msgspec import Struct

from actors.auth.issuer import issuer_of
from actors.bridge.access import CHANNELS, OPERATIONS
from actors.bridge.context import Context
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, json_answer, routes
from actors.market import INTERVALS
from actors.ports.identity import AuthMode
from actors.signal.predictor import predictors
from config.errors import ERROR_CODES
from config.fields import IntervalName
from config.schema import FeaturesSection, NodeConfig


class NodeLimits(Struct, frozen=True, kw_only=True):
    """Figures a client should know before it meets them."""

    rate_limit_per_min: int
    """REST requests a minute per address without a token."""
    user_rate_limit_per_min: int
    """REST requests a minute of a signed-in user."""
    user_orders_per_s: int
    """Orders a second that a user may send or change, over REST and WebSocket together."""
    user_orders_burst: int
    max_body_bytes: int
    max_items: int
    """Most items of a list."""
    max_bars: int
    """Most bars of one answer."""
    window_bars: int
    """Closed bars kept in memory per instrument and interval."""
    max_connections: int
    """WebSocket connections on this node."""
    max_channels: int
    """Channels of one connection."""
    max_message_bytes: int
    operations_per_s: int
    heartbeat_interval_s: float


class SignalStream(Struct, frozen=True, kw_only=True):
    """One configured stream of signals."""

    instruments: tuple[str, ...]
    interval: str
    predictors: tuple[str, ...]
    trade_confidence: float
    """Strategies act above it only."""


class AuthAbilities(Struct, frozen=True, kw_only=True):
    """How one signs in here."""

    mode: AuthMode
    """`off`: there are no users; `local`: they are kept here; `supabase`: by a Supabase project."""
    sign_up: bool
    """Whether strangers may make themselves users."""
    issuer: str | None
    """Of the tokens; null when there are no users."""
    second_factor: bool
    """Whether a second factor can be set up here."""
    password_min_length: int | None
    """Characters of the shortest password; null where users are not kept here."""


class Capabilities(Struct, frozen=True, kw_only=True):
    """What this node can do."""

    version: str
    node: str
    protocol: Literal["trader.v1"] = "trader.v1"
    market: str
    """`sim` or `replay`."""
    venues: tuple[str, ...]
    intervals: tuple[IntervalName, ...]
    channels: tuple[str, ...]
    operations: tuple[str, ...]
    predictors: tuple[str, ...]
    """Every predictor that a stream of signals could be configured with."""
    signals: tuple[SignalStream, ...]
    error_codes: tuple[str, ...]
    auth: AuthAbilities
    limits: NodeLimits
    features: FeaturesSection


@routes.register("GET /api/v1/capabilities")
class GetCapabilities(Route[NoQuery]):
    """Tell what this node can do: markets, intervals, channels, operations, predictors, limits and switches."""

    reply: ClassVar[type[Struct]] = Capabilities
    tag = "operations"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        context = self.context
        return json_answer(
            Capabilities(
                version=context.version,
                node=context.config.node.name,
                market=context.host.market,
                venues=tuple(sorted({one.venue for one in context.bars.instruments().values()})),
                intervals=tuple(interval.name for interval in INTERVALS.values()),
                channels=tuple(sorted(CHANNELS)),
                operations=tuple(sorted(OPERATIONS)),
                predictors=tuple(predictors),
                signals=_streams(context),
                error_codes=ERROR_CODES,
                auth=_auth(context.config),
                limits=_limits(context),
                features=context.config.features,
            )
        )


def _streams(context: Context) -> tuple[SignalStream, ...]:
    every = tuple(sorted(context.bars.instruments()))
    return tuple(
        SignalStream(
            instruments=one.instruments or every,
            interval=one.interval,
            predictors=tuple(voter.name for voter in one.predictors),
            trade_confidence=one.trade_confidence,
        )
        for one in (context.config.signals if context.settings is None else context.settings.state().now)
    )


def _auth(config: NodeConfig) -> AuthAbilities:
    section = config.auth
    return AuthAbilities(
        mode=section.mode,
        sign_up=section.mode != "off" and section.sign_up,
        issuer=issuer_of(config),
        second_factor=section.mode == "local",
        password_min_length=section.password_min_length if section.mode == "local" else None,
    )


def _limits(context: Context) -> NodeLimits:
    server, ws = context.config.server, context.config.ws
    return NodeLimits(
        rate_limit_per_min=server.rate_limit_per_min,
        user_rate_limit_per_min=server.user_rate_limit_per_min,
        user_orders_per_s=server.user_orders_per_s,
        user_orders_burst=server.user_orders_burst,
        max_body_bytes=server.max_body_bytes,
        max_items=1_000,
        max_bars=10_000,
        window_bars=context.config.buffer.window,
        max_connections=ws.max_concurrent_connections,
        max_channels=ws.max_channels,
        max_message_bytes=ws.max_message_bytes,
        operations_per_s=ws.operations_per_s,
        heartbeat_interval_s=ws.heartbeat_interval_s,
    )
