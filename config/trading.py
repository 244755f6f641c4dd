"""Sections of the configuration about orders: strategies, traders, their limits and the paper venue."""

from typing import Annotated, Literal

from msgspec import Meta, field

from config.fields import Amount, Config, Currency, Fee, Name, Positive, Seconds


class StrategyConfigSection(Config, frozen=True, kw_only=True):
    """One strategy instance."""

    name: Name
    """Registered strategy name, or `module:Class` of a Nautilus strategy in `path`."""
    path: Annotated[str, Meta(pattern=r"\A[A-Za-z_][\w.]*:[A-Za-z_]\w*\Z")] | None = None
    """`module:Class` of an unmodified Nautilus strategy; then `name` is only its label."""
    config_path: Annotated[str, Meta(pattern=r"\A[A-Za-z_][\w.]*:[A-Za-z_]\w*\Z")] | None = None
    """`module:Class` of its configuration."""
    params: dict[str, object] = field(default_factory=dict)
    """Fields of its configuration."""


class LimitsSection(Config, frozen=True, kw_only=True):
    """What a trader may do at the most; money in the account's main currency."""

    max_order_notional: Amount | None = "1000000"
    """Price times quantity of one order."""
    max_position_notional: Amount | None = "5000000"
    """Of one instrument, working orders included."""
    max_open_orders: Positive | None = 200
    max_orders_per_s: Positive | None = 10
    """Submissions and changes; bursts of twice as many."""
    price_collar: Amount | None = "0.2"
    """Furthest a limit or trigger price may be from the market on the side that would fill at once, as a share."""
    max_daily_loss: Amount | None = None
    """From 00:00 UTC of market time, realized and unrealized with fees: reached, only reducing is allowed that day."""
    max_leverage: Amount | None = "10"
    """Notional of all positions over equity, on margin accounts."""


class PaperSection(Config, frozen=True, kw_only=True):
    """The paper venue: orders are filled against real market data, money is not real."""

    slots: Annotated[int, Meta(ge=1, le=1_000)] = 128
    """Accounts made at the start: traders that come while the node runs take one."""
    balances: dict[Currency, Amount] = field(default_factory=lambda: {"USDT": "100000"})
    """Of a new account; its first currency is the main one."""
    account: Literal["cash", "margin"] = "margin"
    """Kind of a new account: cash buys and sells what it has, margin may be short and borrow on perpetuals."""
    latency_ms: Annotated[float, Meta(ge=0.0, le=60_000.0)] = 0.0
    """Market milliseconds from a command until the venue acts on it."""
    funding_rate: Fee = "0.0001"
    """Share of the notional that long positions in perpetuals pay to short ones at 00, 08 and 16 h UTC."""


class TraderSection(Config, frozen=True, kw_only=True):
    """One trader, for tests and shared nodes without sign-in; without any there is one, `local`."""

    name: Name
    """Its user id."""
    balances: dict[Currency, Amount] | None = None
    """None: as `[paper]` says."""
    account: Literal["cash", "margin"] | None = None
    limits: LimitsSection | None = None
    """Ceilings; None: those of `[limits]`."""
    strategies: tuple[StrategyConfigSection, ...] = ()


class TradingSection(Config, frozen=True, kw_only=True):
    """Orders on a live node."""

    on_stop: Literal["keep", "cancel"] = "keep"
    """What a planned stop does with working orders: paper keeps them, the next start puts them to work again."""
    compare_every_s: Seconds = 300.0
    """How often journal, ledger and venue are compared, wall seconds."""


class StoreSection(Config, frozen=True, kw_only=True):
    """The journal: orders, fills, balances and the audit log in one SQLite file of `node.state_dir`."""

    max_queued_rows: Annotated[int, Meta(ge=1_000, le=10_000_000)] = 100_000
    """Rows that may wait for the disk: above it balances and equity are left out (counted), orders and fills never."""
    checkpoint_fills: Positive = 1_000
    """New fills after which what all of them have made is kept, so that a start counts only those that came later."""
    equity_days: Positive = 30
    """Market days after which the equity curve keeps the last minute of each hour only."""
