"""What goes over the wire: the bodies that REST and WebSocket share. Decimals are text, times integer ms."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from actors.market import BarRow, decimal_text
from actors.messages import Signal, SignalSide, SignalSource
from config.errors import ErrorCode
from config.schema import IntervalName

DecimalText = Annotated[str, Meta(pattern=r"\A-?[0-9]+(\.[0-9]+)?\Z", description="decimal as text")]
Millis = Annotated[int, Meta(description="UNIX milliseconds, UTC")]
_MS = 1_000_000


class Bar(Struct, frozen=True):
    """One bar; `t` is its open time."""

    t: Millis
    o: DecimalText
    h: DecimalText
    l: DecimalText  # noqa: E741  # the field's name on the wire
    c: DecimalText
    v: DecimalText
    closed: bool


class SignalBody(Struct, frozen=True, kw_only=True):
    """One AI signal: the aggregated opinion on one closed bar."""

    instrument_id: str
    bar_type: str
    interval: IntervalName
    signal: SignalSide
    score: float
    """-1..1."""
    probability: float
    confidence: float
    """0..1."""
    sources: tuple[SignalSource, ...]
    reasons: tuple[str, ...]
    price: DecimalText
    """Close of the bar."""
    backfilled: bool
    stale: bool
    degraded: bool
    ts_bar: Millis
    """Open time of the bar."""
    ts: Millis
    """Close time of the bar, market time."""
    trace_id: str


class StatusBody(Struct, frozen=True, kw_only=True):
    """The state of the node and of its market."""

    state: Literal["starting", "running", "rebuilding", "stopping", "stopped", "failed"]
    ready: bool
    node: str
    version: str
    market: str
    """`sim` or `replay`."""
    market_time: Millis
    """0 before the first tick."""
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    feed: Literal["live", "stale", "waiting", "ended"]
    venues: dict[str, str]
    """Venue -> `connected` or why not."""
    degraded: tuple[str, ...]
    trading_state: Literal["active", "reducing", "halted"]
    uptime_s: float


class ErrorItem(Struct, frozen=True, kw_only=True):
    """One fault within an input."""

    path: str
    code: ErrorCode
    message: str


class Problem(Struct, frozen=True, kw_only=True):
    """Every REST error, RFC 9457 `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: ErrorCode
    request_id: str
    errors: tuple[ErrorItem, ...] = ()


def encode_bar(row: BarRow, price_precision: int, size_precision: int, *, closed: bool) -> bytes:
    """Return the wire bytes of a bar; the same bytes serve REST and every WebSocket client."""
    return msgspec.json.encode(
        Bar(
            t=row.ts_open // _MS,
            o=decimal_text(row.open, price_precision),
            h=decimal_text(row.high, price_precision),
            l=decimal_text(row.low, price_precision),
            c=decimal_text(row.close, price_precision),
            v=decimal_text(row.volume, size_precision),
            closed=closed,
        )
    )


def signal_body(signal: Signal) -> SignalBody:
    """Return the wire form of a signal."""
    return SignalBody(
        instrument_id=signal.instrument_id,
        bar_type=signal.bar_type,
        interval=signal.interval,  # type: ignore[arg-type]  # checked where it was made
        signal=signal.signal,
        score=signal.score,
        probability=signal.probability,
        confidence=signal.confidence,
        sources=signal.sources,
        reasons=signal.reasons,
        price=signal.price,
        backfilled=signal.backfilled,
        stale=signal.stale,
        degraded=signal.degraded,
        ts_bar=signal.ts_bar // _MS,
        ts=signal.ts_event // _MS,
        trace_id=signal.trace_id,
    )
