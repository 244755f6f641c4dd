"""What goes over the wire: the bodies that REST and WebSocket share. Decimals are text, times integer ms."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.market import BarRow, QuoteRow, Side, TradeRow, decimal_text
from actors.messages import Abstention, Signal, SignalSide, SignalSource, Thresholds
from config.errors import ErrorCode
from config.fields import IntervalName

DecimalText = Annotated[str, Meta(pattern=r"\A-?[0-9]+(\.[0-9]+)?\Z", description="decimal as text")]
Millis = Annotated[int, Meta(description="UNIX milliseconds, UTC")]
NanosText = Annotated[str, Meta(pattern=r"\A[0-9]+\Z", description="UNIX nanoseconds, UTC, as text")]
WireLevel = Annotated[tuple[DecimalText, DecimalText], Meta(description="[price, quantity] of one price level")]
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


class TradeBody(Struct, frozen=True, kw_only=True):
    """One execution on the market."""

    id: str
    """The venue's, unique among the trades of its instrument."""
    price: DecimalText
    quantity: DecimalText
    side: Side
    """The aggressor's."""
    ts: Millis
    """When it happened, market time."""
    ts_ns: NanosText


class QuoteBody(Struct, frozen=True, kw_only=True):
    """Best bid and ask."""

    bid: DecimalText
    bid_size: DecimalText
    ask: DecimalText
    ask_size: DecimalText
    ts: Millis
    ts_ns: NanosText


class BookBody(Struct, frozen=True, kw_only=True):
    """The best levels of an order book, best first."""

    bids: tuple[WireLevel, ...]
    asks: tuple[WireLevel, ...]
    sequence: int
    """Of the newest step in it, on the channel of the newest that changed these levels; as on `book_delta`."""
    ts: Millis
    """Of the newest step in it, market time."""


class BookDeltaBody(Struct, frozen=True, kw_only=True):
    """One step of an order book: the levels that changed; in a snapshot all levels, best first."""

    bids: tuple[WireLevel, ...]
    """Quantity 0: the level is gone."""
    asks: tuple[WireLevel, ...]
    sequence: int
    """One more than that of the step before."""
    crc32: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    """Of the book after this step: CRC-32 of the ASCII text `p:q,p:q,…|p:q,…`, the best 20 bids, then the asks."""
    ts: Millis
    ts_ns: NanosText


_decode_bar = msgspec.json.Decoder(Bar).decode


class IndicatorBody(Struct, frozen=True):
    """The values of an indicator at one bar."""

    t: Millis
    """Open time of the bar."""
    values: dict[str, float | None]
    """Output -> value; null where there is none (yet)."""
    closed: bool
    """Whether the bar has closed; the values of one that grows are what they would be if it closed so."""


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
    act_above: float
    """Strategies that name no confidence of their own act only above this one."""
    usable: bool
    """False: strategies are not to act on signals, by the settings at that bar."""
    thresholds: Thresholds | None
    """What it was judged by; null on signals of versions that did not keep it."""
    abstention: Abstention | None
    """Why nobody's vote counts; null: they do, or a version that did not tell has made it."""
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
    paused: bool
    """Whether market time stands still because somebody wants it to; the feed is no less live."""
    feed: Literal["live", "stale", "waiting", "ended"]
    venues: dict[str, str]
    """Venue -> `connected` or why not."""
    degraded: tuple[str, ...]
    trading_state: Literal["active", "reducing", "halted"]
    uptime_s: float
    settings: int
    """Version of the settings: grows with each change of one."""


class ErrorItem(Struct, frozen=True, kw_only=True):
    """One fault within an input."""

    path: str
    code: ErrorCode
    message: str
    rule: str | UnsetType = UNSET
    """Of a denied order: name of the limit that was met, for example `max_order_notional`."""
    limit: str | UnsetType = UNSET
    """Of a denied order: what the limit is."""
    value: str | UnsetType = UNSET
    """Of a denied order: what the order would have made of it."""


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


def encode_trade(row: TradeRow, price_precision: int, size_precision: int) -> bytes:
    """Return the wire bytes of a trade."""
    return msgspec.json.encode(
        TradeBody(
            id=row.trade_id,
            price=decimal_text(row.price, price_precision),
            quantity=decimal_text(row.size, size_precision),
            side=row.side,
            ts=row.ts // _MS,
            ts_ns=str(row.ts),
        )
    )


def encode_quote(row: QuoteRow, price_precision: int, size_precision: int) -> bytes:
    """Return the wire bytes of a quote."""
    return msgspec.json.encode(
        QuoteBody(
            bid=decimal_text(row.bid, price_precision),
            bid_size=decimal_text(row.bid_size, size_precision),
            ask=decimal_text(row.ask, price_precision),
            ask_size=decimal_text(row.ask_size, size_precision),
            ts=row.ts // _MS,
            ts_ns=str(row.ts),
        )
    )


def decode_bar(data: bytes) -> BarRow:
    """Return the exact row of wire bytes made by `encode_bar`."""
    bar = _decode_bar(data)
    exact = (int(text.replace(".", "")) for text in (bar.o, bar.h, bar.l, bar.c, bar.v))
    return BarRow(bar.t * _MS, *exact)


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
        act_above=signal.act_above,
        usable=signal.usable,
        thresholds=signal.thresholds,
        abstention=signal.abstention,
        ts_bar=signal.ts_bar // _MS,
        ts=signal.ts_event // _MS,
        trace_id=signal.trace_id,
    )
