"""Every message on the bus. Frozen; each carries the trace id of what started it."""

from typing import Literal

from msgspec import Struct

from actors.market import BarRow

SignalSide = Literal["long", "short", "neutral"]
Abstention = Literal["off", "warming_up", "no_quorum"]
"""`off`: signals are switched off; `warming_up`: every source that counts is; `no_quorum`: too little of the weight
voted, or nobody that counts can answer."""

BARS_TOPIC = "bars"
OPEN_BARS_TOPIC = "openbars"
WINDOWS_TOPIC = "windows"
MENDS_TOPIC = "mends"
SIGNALS_TOPIC = "signals"
BACKFILLS_TOPIC = "backfills"
TICKS_TOPIC = "ticks"


class Message(Struct, frozen=True, kw_only=True):
    """Base of all bus messages."""

    trace_id: str
    """Made where the chain began: an HTTP request, a WebSocket command or a tick; 32 hex digits, or shorter."""


class ClosedBar(Message, frozen=True, gc=False):
    """Topic `bars.<bar_type>`: one bar has closed; every interval that has a window publishes its own."""

    bar_type: str
    row: BarRow
    ts_event: int
    """Close time, UNIX nanoseconds of market time."""


class OpenBarChanged(Message, frozen=True, gc=False):
    """Topic `openbars.<instrument_id>`: a tick has changed the open bars of this instrument (ask the window)."""

    instrument_id: str
    ts_event: int


class TicksChanged(Message, frozen=True, gc=False):
    """Topic `ticks.<instrument_id>`: trades, the quote or the book of this instrument have changed; ask for them.

    Told only while somebody holds them.
    """

    instrument_id: str
    kind: Literal["trades", "quotes", "book"]
    is_ready: bool
    """Whether there is a value for the first time, or again after it was lost: those who wait for one can go on."""


class BarsMended(Message, frozen=True):
    """Topic `mends.<bar_type>`: closed bars before the newest one were filled in or corrected: ask the window.

    A `ClosedBar` is always newer than the one before; whatever was computed from bars must be computed anew here.
    """

    bar_type: str
    first: int
    """Open time of the oldest bar that is new or another one now, UNIX nanoseconds."""
    last: int
    """Of the newest one."""
    bars: int
    """How many."""


class WindowLoaded(Message, frozen=True):
    """Topic `windows.<bar_type>`: the history of a window is in place, closed bars follow without a gap."""

    bar_type: str
    bars: int
    """How many closed bars the window holds now."""
    is_complete: bool
    """True when it holds all it can hold, or all the source has."""


class Prediction(Struct, frozen=True, gc=False):
    """One predictor's opinion of one closed bar."""

    predictor: str
    score: float
    """-1 (down) .. 1 (up)."""
    confidence: float
    """0..1."""
    reasons: tuple[str, ...] = ()
    """Short plain sentences for a person."""
    ts_known: int | None = None
    """Close time of the bar it was made for, UNIX nanoseconds of market time; None: of the newest one."""
    stale: bool = False
    """Whether that is so long ago that it is used only because there is nothing newer."""
    model: str = ""
    """Id of the model that spoke; empty for a formula of the program."""


class SignalSource(Struct, frozen=True, gc=False):
    """What one source said within a signal, or why it said nothing."""

    name: str
    weight: float
    state: Literal["voted", "warming_up", "abstained", "failed", "disabled"]
    score: float | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    """Why it says so, or why it has no answer."""
    age_s: float = 0.0
    """How much older the bar is that its answer was made for, market seconds; 0: it is about this bar."""
    stale: bool = False
    """Whether the answer is used only because the source has no newer one."""
    model: str = ""
    """Id of the model that spoke; empty for a formula of the program."""


class Thresholds(Struct, frozen=True, gc=False):
    """What a signal was judged by: the settings of its stream at that bar."""

    long_above: float
    """Long when the probability is above."""
    short_below: float
    """Short when the probability is below."""
    confidence: float
    """Below this confidence it is neutral."""
    quorum: float
    """Share of the total weight that must have voted."""


class Signal(Message, frozen=True, gc=False):
    """Topic `signals.<bar_type>`: the aggregated opinion on one closed bar; there is always exactly one.

    Parity between live and backtest holds for every field but `trace_id` and `ts_init`.
    """

    instrument_id: str
    bar_type: str
    interval: str
    signal: SignalSide
    score: float
    """-1..1, weighted over the sources present; 0.0 when nobody voted."""
    probability: float
    """(score + 1) / 2: of a rise, as far as the sources are calibrated."""
    confidence: float
    """0..1, weighted, scaled by the share of weight present."""
    sources: tuple[SignalSource, ...]
    reasons: tuple[str, ...]
    """Short plain sentences; an abstention says why."""
    features: tuple[float, ...]
    """The feature vector the predictors saw, shape (n,), in the order of the schema; empty while warming up."""
    feature_schema: str
    """Name and version of the feature schema, for example `bars-v2`."""
    price: str
    """Close of the bar, decimal text."""
    backfilled: bool
    """True when computed from history at start; never sent to strategies."""
    stale: bool
    """True when the feed was stale at that moment."""
    degraded: bool
    """True in declared degraded mode."""
    ts_bar: int
    """Open time of the bar, UNIX nanoseconds."""
    ts_event: int
    """Close time of the bar, UNIX nanoseconds of market time."""
    ts_init: int
    """When we made it, UNIX nanoseconds of the component's clock."""
    act_above: float = 0.65
    """Strategies without a confidence of their own act only above this one."""
    usable: bool = True
    """False where strategies are not to act on signals."""
    thresholds: Thresholds | None = None
    """None: kept by a version that did not keep them."""
    abstention: Abstention | None = None
    """Why nobody's vote counts; None: they do."""


class SignalsBackfilled(Message, frozen=True):
    """Topic `backfills.<bar_type>`: signals of history are in the log; they are never on `signals.*`."""

    bar_type: str
    signals: int
    """How many bars have a signal now that had none."""
