"""What routes, commands and channels may use; filled by `node/build.py`."""

from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from actors.auth.open import OpenIdentity
from actors.bridge.dialects.magic8.confidences import Confidences
from actors.bridge.portions import Portions
from actors.bridge.rest.limits import TokenBuckets
from actors.bridge.symbols import Symbols
from actors.bridge.tally import Tallies
from actors.bridge.tickets import Tickets
from actors.bridge.told import Told
from actors.clock import MarketClock
from actors.ports import (
    Analyses,
    AuditLog,
    Bars,
    Cache,
    Host,
    Identity,
    Indicators,
    Jobs,
    ModelKeeper,
    Models,
    People,
    Replay,
    RunningSettings,
    Signals,
    Ticks,
    Traders,
)
from actors.ports.order_outcomes import OrderOutcomes
from actors.ports.screening import ScreenedOrders, Screening
from actors.turns import Turns
from config.schema import NodeConfig

PAGE_DIR = Path(__file__).parents[2] / "dashboard" / "dist"


class Context(Struct, frozen=True, kw_only=True):
    """Read-only views of the node; lives as long as the process, across rebuilds."""

    config: NodeConfig
    version: str
    clock: MarketClock
    bars: Bars
    signals: Signals
    indicators: Indicators
    ticks: Ticks
    host: Host
    cache: Cache
    symbols: Symbols
    replay: Replay
    order_budget: TokenBuckets
    """How many orders each user may send."""
    traders: Traders | None = None
    """None: this node takes no orders."""
    identity: Identity = OpenIdentity()
    """Finds out who is asking."""
    people: People | None = None
    """None: this node has no users."""
    analyses: Analyses | None = None
    """None: this node keeps no analyses."""
    models: Models | None = None
    """Trained models; None: there are none."""
    keeper: ModelKeeper | None = None
    """Shows trained models and changes which are promoted; None: this node keeps none."""
    jobs: Jobs | None = None
    """Trains models; None: this node does not."""
    settings: RunningSettings | None = None
    """What may be changed while the node runs; None: nothing."""
    screening: Screening | None = None
    """Judges orders in options; None: this node does not."""
    screened_orders: ScreenedOrders | None = None
    """Those of the configured source; None: there is none."""
    order_outcomes: OrderOutcomes | None = None
    """What became of judged orders; None: this node keeps none."""
    audit: AuditLog | None = None
    """None: this node keeps no journal."""
    confidences: Confidences = field(default_factory=Confidences)
    """What callers were told of orders in options."""
    told: Told = field(default_factory=Told)
    """What users have been told of their accounts."""
    tallies: Tallies = field(default_factory=Tallies)
    """Sums over users' fills."""
    tickets: Tickets = field(default_factory=Tickets)
    """What opens one WebSocket each."""
    portions: Portions = field(default_factory=Portions)
    """How many indicators each user has."""
    analysing: Turns = field(default_factory=Turns)
    """In which candles of callers are analysed: one after the other, a millisecond at a time."""
    page_dir: Path = PAGE_DIR
    """Folder of the built page."""


class Clock(Protocol):
    """Wall time for sessions, limits and heartbeats; tests give their own."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def wall_ms(self) -> int:
        """Return UNIX milliseconds."""
