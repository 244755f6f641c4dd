"""Typed structs of every configuration file; the field docs are the reference."""

from typing import Annotated, Literal

from msgspec import Meta, field

from config.ai import AiService
from config.analyses import AnalysesSection
from config.auth import AuthSection
from config.faults import FaultsSection
from config.fields import (
    Amount,
    Config,
    Currency,
    Fee,
    Name,
    Places,
    Port,
    Positive,
    Seconds,
    Symbol,
)
from config.models import ModelsSection
from config.recorded import ReplaySection
from config.screening import ScreeningSection, ServiceSection
from config.signals import SignalConfig
from config.trading import (
    LimitsSection,
    PaperSection,
    StoreSection,
    StrategyConfigSection,
    TraderSection,
    TradingSection,
)
from config.training import TrainingSection


class NodeSection(Config, frozen=True, kw_only=True):
    """The process itself."""

    name: Name = "whisperer"
    """Shown on the page and in the first WebSocket frame."""
    state_dir: Annotated[str, Meta(min_length=1)] = "./var"
    """Folder of run-time state: simulator position, results, logs."""
    stale_after_s: Seconds = 15.0
    """Wall seconds without a tick after which the feed counts as stale."""


class LogSection(Config, frozen=True, kw_only=True):
    """What is logged and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    """`auto`: console on a terminal, else one JSON object per line."""


class ServerSection(Config, frozen=True, kw_only=True):
    """The HTTP and WebSocket server."""

    host: str = "127.0.0.1"
    """Loopback only while there are no users, strangers may sign up, or an admin's first password is unchanged."""
    port: Port = 8080
    """0 takes a free one, which is logged."""
    ws_port: Port | None = None
    """A second port for the WebSocket alone, for example 8081; it stays available on `port` too."""
    allowed_origins: tuple[str, ...] = ()
    """Origins of other sites whose pages may call, for example `https://desk.example`; our own page always may."""
    allowed_hosts: tuple[str, ...] = ()
    """Host headers accepted beside localhost and loopback addresses."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For counts."""
    rate_limit_per_min: Positive = 100
    """REST requests a minute per peer address for callers without a token."""
    user_rate_limit_per_min: Positive = 1_200
    """REST requests a minute for a signed-in user; the local principal is one."""
    user_orders_per_s: Positive = 10
    """Orders a second that a user may send or change, over REST and WebSocket together; cancels are not counted."""
    user_orders_burst: Positive = 20
    """So many at once."""
    user_reads_at_once: Positive = 4
    """Requests of one signed-in user in progress that read history from disk or source; not for the local principal."""
    user_reads_waiting: Annotated[int, Meta(ge=0, le=10_000)] = 32
    """So many more wait for their turn; above that they are refused."""
    max_body_bytes: Positive = 1_048_576
    metrics_token_env: str | None = None
    """Environment variable with the bearer token that opens `/metrics` to other hosts."""


class WebSocketSection(Config, frozen=True, kw_only=True):
    """Limits of WebSocket connections."""

    max_concurrent_connections: Positive = 100
    max_connections_per_user: Positive = 20
    """Not for the local principal. The last fifth of all is for users who have none yet."""
    default_dialect: Annotated[str, Meta(min_length=1, max_length=64)] = "trader.v1"
    """What is spoken with clients that name no subprotocol, for example `trader.v1.pascal`."""
    max_channels: Positive = 128
    """Per connection."""
    heartbeat_interval_s: Seconds = 20.0
    idle_heartbeat_s: Seconds = 5.0
    """An application heartbeat after so long without a message."""
    message_queue_size: Annotated[int, Meta(ge=16, le=1_000_000)] = 1_000
    """The smallest ring of a log channel; those of private channels hold just so many rows, 1 MiB at the most."""
    max_message_bytes: Annotated[int, Meta(ge=1_024, le=16_777_216)] = 65_536
    operations_per_s: Positive = 20
    operations_burst: Positive = 50
    user_operations_per_s: Positive = 60
    """Of all connections of a signed-in user together; not for the local principal."""
    user_operations_burst: Positive = 150
    user_channels_per_s: Positive = 50
    """Channels that a signed-in user may subscribe a second, on all connections together, after a burst."""
    user_channels_burst: Positive = 512
    slow_after_bytes: Positive = 262_144
    """Transport buffer above which a connection is skipped."""
    caught_up_below_bytes: Positive = 65_536
    stuck_after_s: Seconds = 10.0
    """A connection skipped for so long is closed with 4508."""


class BotcoreSection(Config, frozen=True, kw_only=True):
    """REST paths of the bot core's clients."""

    form: Literal["bc", "be"] = "bc"
    """Which of its two documents counts where both describe a path."""
    format: Literal["simple", "detailed"] = "detailed"
    """Whether `POST /ai/analyze` tells scores, levels and risk beside the opinion; may be set while running."""
    indicators: bool = False
    """Whether its answers, and those of `POST /analyze`, tell the features of the newest candle; likewise."""
    require_ai: bool = False
    """Whether `POST /api/trades/execute` refuses an order while the AI says nothing; off: it goes with `ai` null."""


class Magic8ListenersSection(Config, frozen=True, kw_only=True):
    """Ports that the order predictor's clients have built in: loopback, without a token, its paths alone."""

    predictor_port: Port | None = None
    """For example 8000; 0 takes a free one, which is logged; None: not listened on."""
    hub_port: Port | None = None
    """For example 8765; the same paths."""
    service: Name = "magic8"
    """Everybody there is this service, which reads and asks for predictions; one of `[services]` or one of its own."""


class DialectsSection(Config, frozen=True, kw_only=True):
    """Clients that were written for other servers."""

    default_venue: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_]{1,20}\Z")] | None = None
    """Where their symbols are looked for, for example `SIM`; None: the venue of the first instrument."""
    botcore: BotcoreSection = BotcoreSection()
    magic8: bool = False
    """Whether the paths of the order predictor and its data hub are served: `/predict`, `/market/{symbol}` …"""
    magic8_listeners: Magic8ListenersSection = Magic8ListenersSection()
    magic8_consumers: dict[Name, tuple[Symbol, ...]] = field(default_factory=dict)
    """Whose prices `WS /ws/{client_id}` pushes, by client; who is not here hears those of `[[signals]]`."""


class FeaturesSection(Config, frozen=True, kw_only=True):
    """Switches of whole abilities."""

    real_time_data: bool = True
    """Off: no live ticks on the WebSocket, history and signals only."""
    order_execution: bool = True
    """Off: no orders are taken, from nobody."""


class BufferSection(Config, frozen=True, kw_only=True):
    """The bar windows."""

    window: Annotated[int, Meta(ge=100, le=100_000)] = 7_600
    """Closed bars kept per instrument and interval."""
    request_timeout_s: Seconds = 10.0
    """How long one question to the source may take."""
    cache_blocks: Positive = 64
    """Blocks of 1,000 older bars kept in memory after they were fetched."""
    idle_window_s: Seconds = 900.0
    """A window that no subscription, signal or request has read for so long is dropped until somebody asks again."""


class CacheSection(Config, frozen=True, kw_only=True):
    """Answers that cost something, kept for a while."""

    real_time_s: Seconds = 10.0
    """Lifetime of what depends on the present of the market, market seconds."""
    historical_s: Seconds = 300.0
    """Lifetime of what is past and closed, wall seconds; younger bars than that are not kept."""
    technical_s: Seconds = 60.0
    """Lifetime of what is computed from the market, market seconds."""
    max_entries: Positive = 4_096
    """Answers kept in this process."""
    max_bytes: Annotated[int, Meta(ge=65_536, le=2**40)] = 33_554_432
    """Bytes of them."""
    redis_url_env: str | None = None
    """Variable with the address of a Redis (`redis://`, `rediss://`, `unix://`); None: this process only."""
    redis_timeout_ms: Annotated[float, Meta(ge=1.0, le=1_000.0)] = 50.0
    """A Redis that takes longer to answer is passed over."""


class IndicatorsSection(Config, frozen=True, kw_only=True):
    """Indicators that are computed along with the bars."""

    max_running: Annotated[int, Meta(ge=1, le=10_000)] = 512
    """Distinct indicators (instrument, interval, name and parameters) at a time, on the whole node."""
    max_per_user: Annotated[int, Meta(ge=1, le=10_000)] = 64
    """Of them, that one signed-in user hears or has just asked for; not for the local principal."""
    idle_s: Seconds = 300.0
    """One that no subscription holds and no request has asked for so long is computed no more."""


class SimInstrument(Config, frozen=True, kw_only=True):
    """One instrument of the simulated market; the key is its symbol."""

    kind: Literal["spot", "perpetual"] = "spot"
    base: Currency
    quote: Currency = "USDT"
    price: Amount
    """Price at the beginning of history, quote currency."""
    price_precision: Places
    size_precision: Places
    min_quantity: Amount
    max_quantity: Amount
    min_notional: Amount = "5"
    maker_fee: Fee = "0.0008"
    taker_fee: Fee = "0.001"
    margin_init: Amount = "0"
    margin_maint: Amount = "0"
    volatility: Annotated[float, Meta(gt=0.0, le=10.0)] = 0.6
    """Yearly standard deviation of log returns."""
    spread_bps: Annotated[float, Meta(gt=0.0, le=100.0)] = 1.0
    """Typical spread, hundredths of a per cent."""
    trades_per_min: Annotated[int, Meta(ge=1, le=600)] = 60
    trade_size: Amount = "0.05"
    """Typical trade, base units."""


class SimSection(Config, frozen=True, kw_only=True):
    """The simulated market: a function of seed, first start and market time."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 42
    start: Annotated[str, Meta(pattern=r"\A[0-9T:.Z+-]{0,40}\Z")] = ""
    """First start as ISO 8601 UTC, for example `2026-01-01T00:00:00Z`; empty: now, at the first start ever."""
    speed: Annotated[float, Meta(gt=0.0, le=100_000.0)] = 1.0
    """Market seconds per wall second."""
    history_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """How far history reaches back before the first start."""
    restart: bool = False
    """Forget the stored position and start over."""
    request_latency_ms: Annotated[float, Meta(ge=0.0, le=60_000.0)] = 20.0
    """Time a history question takes, as on a real venue."""
    faults: FaultsSection = FaultsSection()
    instruments: dict[Name, SimInstrument] = field(default_factory=dict)
    """Empty: BTC-USDT, ETH-USDT and BTC-USDT-SWAP."""


class BacktestSection(Config, frozen=True, kw_only=True):
    """What a backtest needs beside the market, signals and strategies."""

    balances: dict[Currency, Amount] = field(default_factory=lambda: {"USDT": "100000"})
    """Starting balances."""
    leverage: Annotated[float, Meta(ge=1.0, le=125.0)] = 1.0
    """Of perpetuals."""
    days: Annotated[int, Meta(ge=1, le=366)] = 7
    """How much of a simulated market is played; a recording is played to its end."""
    results_dir: str | None = None
    """Where result files go; None: `results` under the state folder."""
    tearsheet: bool = True
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    """Recorded in the result; reserved for strategies that draw random numbers."""


class NodeConfig(Config, frozen=True, kw_only=True):
    """A whole configuration file."""

    market: Literal["sim", "replay"] = "sim"
    """Where market data comes from."""
    node: NodeSection = NodeSection()
    log: LogSection = LogSection()
    auth: AuthSection = AuthSection()
    server: ServerSection = ServerSection()
    ws: WebSocketSection = WebSocketSection()
    dialects: DialectsSection = DialectsSection()
    features: FeaturesSection = FeaturesSection()
    buffer: BufferSection = BufferSection()
    indicators: IndicatorsSection = IndicatorsSection()
    cache: CacheSection = CacheSection()
    sim: SimSection = SimSection()
    replay: ReplaySection = ReplaySection()
    signals: tuple[SignalConfig, ...] = (SignalConfig(),)
    analyses: AnalysesSection = AnalysesSection()
    models: ModelsSection = ModelsSection()
    training: TrainingSection = TrainingSection()
    ai: dict[Name, AiService] = field(default_factory=dict)
    """Services outside of the node that predictors `llm` and `http` ask, by name."""
    screening: ScreeningSection = ScreeningSection()
    services: dict[Name, ServiceSection] = field(default_factory=dict)
    """Programs that read and ask for predictions with a token of their own, by name; only where there are users."""
    strategies: tuple[StrategyConfigSection, ...] = ()
    """Of the backtest, and live of the local trader."""
    trading: TradingSection = TradingSection()
    paper: PaperSection = PaperSection()
    limits: LimitsSection = LimitsSection()
    store: StoreSection = StoreSection()
    traders: tuple[TraderSection, ...] = ()
    backtest: BacktestSection = BacktestSection()
