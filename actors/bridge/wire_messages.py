"""Every message of the protocol `trader.v1` that the server sends; what clients send stands in `commands/`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.wire import (
    Bar,
    BookBody,
    BookDeltaBody,
    ErrorItem,
    IndicatorBody,
    Millis,
    QuoteBody,
    SignalBody,
    StatusBody,
    TradeBody,
)
from actors.wire_orders import OrderBody
from actors.wire_traders import BatchResult, PreviewBody
from config.errors import ErrorCode
from config.fields import IntervalName

PROTOCOL: Literal["trader.v1"] = "trader.v1"

Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]
OperationId = Annotated[Number, Meta(description="chosen by the client, strictly increasing on one connection")]
MAX_CHANNEL_NAME = 128
ChannelName = Annotated[str, Meta(max_length=MAX_CHANNEL_NAME, description="for example bars:BTC-USDT.SIM:1m")]
Epoch = Annotated[str, Meta(max_length=64, description="changes when the numbering of a channel starts anew")]
Seq = Annotated[Number, Meta(description="the channel's sequence number, within its epoch")]
Position = tuple[Epoch, Seq]
Part = Annotated[tuple[Number, Number], Meta(description="[number of this part from 0, number of parts]")]
WallMillis = Annotated[int, Meta(description="the server's wall clock, UNIX milliseconds")]


class ServerMessage(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of everything the server sends; `type` tells what it is, unknown fields and types are to be ignored."""


class Limits(Struct, frozen=True, kw_only=True):
    """What one connection may do."""

    max_channels: int
    max_message_bytes: int
    operations_per_s: int
    operations_burst: int
    heartbeat_interval_s: float
    """A WebSocket ping so often; no pong for half as long again ends the connection."""
    idle_heartbeat_s: float
    """An `hb` after so long without another message."""


class Hello(ServerMessage, frozen=True, kw_only=True, tag="hello"):
    """The first message on every connection."""

    protocol: Literal["trader.v1"]
    server: str
    """Product and version, for example `whisperer/0.1.0`."""
    node_id: str
    market_time: Millis
    wall_ms: WallMillis
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    paused: bool
    """Whether market time stands still at this moment because somebody wants it to; `status` tells of changes."""
    auth: Literal["local", "required", "signed_in"]
    """`local`: there are no users; `required`: send `auth` within 5 s; `signed_in`: the handshake did it."""
    intervals: tuple[IntervalName, ...]
    limits: Limits


class Ack(ServerMessage, frozen=True, kw_only=True, tag="ack"):
    """An operation was done, as a whole."""

    id: OperationId | None
    position: dict[ChannelName, Position] | UnsetType = UNSET
    """Only of `subscribe`: where each channel stands."""
    user: str | UnsetType = UNSET
    """Only of `auth`: who is signed in."""
    expires_ms: WallMillis | UnsetType | None = UNSET
    """Only of `auth` on a node with users: when the token ends; null: never."""
    order: OrderBody | UnsetType = UNSET
    """Only of `order.submit`, `order.modify` and `order.cancel`: the order as it is known now."""
    orders: tuple[OrderBody, ...] | UnsetType = UNSET
    """Only of `order.cancel_all` and `position.close`: the orders that are being cancelled, or that close."""
    results: tuple[BatchResult, ...] | UnsetType = UNSET
    """Only of `order.batch`: the outcome of each, in the order in which they were sent."""
    preview: PreviewBody | UnsetType = UNSET
    """Only of `order.validate`."""
    timeout_s: float | UnsetType | None = UNSET
    """Only of `deadman`: wall seconds until it cancels; null when it is off."""


class ErrorMessage(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """An operation was refused, as a whole; or what came could not be read (then `id` may be null)."""

    id: OperationId | None
    code: ErrorCode
    message: str
    retry: bool
    """Whether the same operation may succeed later without a change."""
    retry_after_ms: int | None = None
    errors: tuple[ErrorItem, ...] | UnsetType = UNSET
    """Where the fault is, and of a denied order which limit was met; left out when the whole is at fault."""


class Pong(ServerMessage, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""

    id: OperationId | None
    t: int | float | None
    """What the client sent."""
    ts: Millis
    """Market time."""
    wall_ms: WallMillis


class Heartbeat(ServerMessage, frozen=True, kw_only=True, tag="hb"):
    """Nothing else was sent for a while; a head above the last `seq` received means that something was lost."""

    ts: Millis
    wall_ms: WallMillis
    heads: dict[ChannelName, Seq]


class Notice(ServerMessage, frozen=True, kw_only=True, tag="notice"):
    """Something is about to happen to the connection; it closes with 1012 after a `shutdown`."""

    code: ErrorCode
    in_ms: int
    message: str


class Update(ServerMessage, frozen=True, kw_only=True):
    """Base of all channel messages, byte for byte the same for every subscriber."""

    ch: ChannelName
    seq: Seq
    ts: Millis
    """Market time when it was sent."""


class BarUpdate(Update, frozen=True, kw_only=True, tag="bar"):
    """Channel `bars:<instrument_id>:<interval>`: a closed bar is `seq` + 1, an open one repeats the last `seq`."""

    data: Bar


class TradeUpdate(Update, frozen=True, kw_only=True, tag="trade"):
    """Channel `trades:<instrument_id>`: one more trade."""

    data: TradeBody


class QuoteUpdate(Update, frozen=True, kw_only=True, tag="quote"):
    """Channel `quotes:<instrument_id>`: the newest best bid and ask."""

    data: QuoteBody


class BookUpdate(Update, frozen=True, kw_only=True, tag="book"):
    """Channel `book:<instrument_id>[:depth]`: the best levels as they are now."""

    data: BookBody


class BookDeltaUpdate(Update, frozen=True, kw_only=True, tag="book_delta"):
    """Channel `book_delta:<instrument_id>`: one more step of the book."""

    data: BookDeltaBody


class IndicatorUpdate(Update, frozen=True, kw_only=True, tag="indicator"):
    """Channel `indicators:<instrument_id>:<interval>:<NAME(params)>`: numbered as bars are."""

    data: IndicatorBody


class SignalUpdate(Update, frozen=True, kw_only=True, tag="ai_signal"):
    """Channels `signals` and `signals:<instrument_id>`: the opinion on one more closed bar."""

    data: SignalBody


class StatusUpdate(Update, frozen=True, kw_only=True, tag="status"):
    """Channel `status`: the state of the node and of its market."""

    data: StatusBody


class Snapshot(ServerMessage, frozen=True, kw_only=True, tag="snapshot"):
    """Base of all snapshots: where a channel starts, oldest first; throw away what was known of it before."""

    ch: ChannelName
    epoch: Epoch
    seq: Seq
    """The next message of a log channel carries one more."""
    source: Literal["none"] | UnsetType = UNSET
    """`none`: the source of this node does not have it, nothing will ever come on this channel."""
    part: Part


class BarsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The last closed bars of a `bars` channel and the open one."""

    data: tuple[Bar, ...]


class TradesSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The last trades."""

    data: tuple[TradeBody, ...]


class QuotesSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The newest quote, one item."""

    data: tuple[QuoteBody, ...]


class BookSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The best levels, one item."""

    data: tuple[BookBody, ...]


class BookDeltaSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The whole book, one item; the next step has its `sequence` plus one."""

    data: tuple[BookDeltaBody, ...]


class IndicatorsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The values at the last closed bars, and at the open one when it was looked at."""

    data: tuple[IndicatorBody, ...]


class SignalsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The last signals."""

    data: tuple[SignalBody, ...]


class StatusSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The state, one item."""

    data: tuple[StatusBody, ...]


CONTROL_MESSAGES: tuple[type[ServerMessage], ...] = (Hello, Ack, ErrorMessage, Pong, Heartbeat, Notice)
"""What belongs to no channel."""
