"""What clients of the data hub say on its WebSockets, and what they hear for it."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Annotated, Literal, override

import msgspec
import structlog
from msgspec import Meta, Struct

from actors.bridge.channel import PUBLIC
from actors.bridge.confidence_channel import KEPT, OwnConfidence, SourceConfidence
from actors.bridge.connection import Connection
from actors.bridge.context import Clock, Context
from actors.bridge.delivery.stream import Stream
from actors.bridge.dialects.magic8 import confidences
from actors.bridge.dialects.magic8.confidence import body_of_confidence, owner_of
from actors.bridge.dialects.magic8.consumers import instruments_of
from actors.bridge.dialects.magic8.health import source_of
from actors.bridge.hub import Hub, Wish
from actors.bridge.inbound import read_as
from actors.bridge.price_channel import Prices
from actors.bridge.seat import Seat
from actors.bridge.session import ABUSIVE, Session, refusal
from actors.bridge.wire_messages import ServerMessage
from actors.bridge.words import named
from config.errors import NodeError

PRICE, OWN, OF_SOURCE = "price:", "confidence:own:", "confidence:source:"
"""What the names of streams begin with; no channel that can be asked for does."""
Action = Literal["subscribe", "unsubscribe"]
SymbolWord = Annotated[str, Meta(min_length=1, max_length=64)]

log = structlog.get_logger(__name__)


class PriceDemand(Struct, frozen=True):
    """What comes in on `/ws/market_data`; unknown fields are passed over."""

    action: Action
    symbol: SymbolWord
    type: Literal["price"] = "price"


class ConfidenceDemand(Struct, frozen=True):
    """What comes in on `/ws/confidence`; unknown fields are passed over."""

    action: Action
    symbols: Annotated[tuple[SymbolWord, ...], Meta(min_length=1, max_length=128)]


class Conversation(Session):
    """Base: nobody is greeted or acknowledged, the first value says that a subscription stands."""

    __slots__ = ()

    @override
    def greet(self) -> None:
        """Say nothing: these clients expect what they asked for alone."""

    @override
    async def _answer(self, data: str | bytes) -> ServerMessage | None:
        try:
            self._take_token()
            self.seat.require("subscribe")
            self.take(data)
        except NodeError as e:
            return refusal(None, e)
        except Exception:  # as in `Session`: a fault of ours is no reason to lose the client
            log.exception("demand_failed")
            return refusal(None, NodeError("internal error"))
        return None

    @abstractmethod
    def take(self, data: str | bytes) -> None:
        """Do what a message asks.

        Raises:
            NodeError: If it cannot be done; then nothing has changed.
        """

    def hear(self, streams: Iterable[Stream]) -> None:
        """Let the client hear streams, from their newest values on.

        Raises:
            ChannelLimitError: If it would hear too many.
            RateLimitedError: If its owner subscribes too often.
        """
        wishes = [Wish(stream=one) for one in streams]
        self._check_count(self.connection.lanes.keys() | {one.stream.name for one in wishes})
        self.seat.count_channels(len(wishes))
        self.hub.subscribe(self.connection, wishes)
        self.hub.catch_up(self.connection)

    def prices(self, instrument_id: str) -> Stream:
        """Return the prices of an instrument, to be heard.

        Raises:
            NodeError: If there are none.
        """
        context = self.context

        def make() -> Prices:
            symbol = named(context.symbols, instrument_id)
            return Prices(context, instrument_id, symbol=symbol, source=source_of(context.config))

        return self.hub.streams.unlisted(f"{PRICE}{instrument_id}", PUBLIC, make)


class MarketData(Conversation):
    """`/ws/market_data`: prices of the symbols that the client names."""

    __slots__ = ()

    @override
    def take(self, data: str | bytes) -> None:
        demand = read_as(data, PriceDemand)
        instrument_id = self.context.symbols.find(demand.symbol)
        if demand.action == "subscribe":
            self.hear([self.prices(instrument_id)])
        else:
            self.hub.unsubscribe(self.connection, [f"{PRICE}{instrument_id}"])


class Consumer(Conversation):
    """`/ws/{client_id}`: prices of what belongs to the consumer, from the first moment on."""

    __slots__ = ("_name",)

    def __init__(
        self,
        hub: Hub,
        context: Context,
        connection: Connection,
        *,
        name: str,
        seat: Seat | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Begin as `name`."""
        super().__init__(hub, context, connection, seat=seat, clock=clock)
        self._name = name

    @override
    def greet(self) -> None:
        streams = []
        for instrument_id in instruments_of(self.context, self._name):
            with suppress(NodeError):  # one without bars of a minute keeps nobody from hearing the others
                streams.append(self.prices(instrument_id))
        try:
            self.hear(streams)
        except NodeError as e:
            self.hub.send(self.connection, refusal(None, e))
            self.connection.close(ABUSIVE, e.code)

    @override
    async def receive(self, data: str | bytes) -> None:
        """Read and forget it; a flood is cut off all the same."""
        self.allows()

    @override
    def take(self, data: str | bytes) -> None:
        """Do nothing."""

    @override
    def refuse_binary(self) -> None:
        """Read and forget it."""
        self.allows()


class Confidence(Conversation):
    """`/ws/confidence`: each new prediction of orders in the symbols that the client names."""

    __slots__ = ()

    @override
    def take(self, data: str | bytes) -> None:
        demand = read_as(data, ConfidenceDemand)
        found = dict.fromkeys(map(self.context.symbols.find, demand.symbols))
        streams = [stream for instrument_id in found for stream in self._streams(instrument_id)]
        if demand.action == "subscribe":
            self.hear(streams)
        else:
            self.hub.unsubscribe(self.connection, [one.name for one in streams])

    def _streams(self, instrument_id: str) -> list[Stream]:
        """Return what is heard of an instrument: the client's own predictions, and those of the node's source."""
        context, streams = self.context, self.hub.streams
        owner = owner_of(context, self.principal)
        own = streams.unlisted(
            f"{OWN}{instrument_id}", owner, lambda: OwnConfidence(context, instrument_id, owner), ring_size=KEPT
        )
        if context.screened_orders is None:
            return [own]
        name = f"{OF_SOURCE}{instrument_id}"
        return [
            own,
            streams.unlisted(name, PUBLIC, lambda: SourceConfidence(context, instrument_id), ring_size=KEPT),
        ]


def tell_confidences(hub: Hub, context: Context) -> None:
    """Have each caller's new predictions pushed to the caller's own sockets from now on."""

    def told(owner: str, found: Sequence[confidences.Confidence]) -> None:
        for one in found:
            stream = hub.streams.find(f"{OWN}{one.instrument_id}", owner)
            if stream is not None:
                hub.publish(stream, [msgspec.json.encode(body_of_confidence(context, one))])

    context.confidences.listener = told
