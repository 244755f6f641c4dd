"""`subscribe_bars` and its kin: `subscribe` and `unsubscribe` in the words of clients that know symbols."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, override

from msgspec import Meta

from actors.bridge.command import Command, commands
from actors.bridge.commands.subscribe import Subscribe
from actors.bridge.symbols import interval_named
from actors.bridge.tick_channel import DEFAULT_DEPTH, MAX_DEPTH
from actors.bridge.wire_messages import Ack, ServerMessage

if TYPE_CHECKING:
    from actors.bridge.session import Session

Symbol = Annotated[str, Meta(max_length=64, description="for example BTCUSDT, btc/usdt or BTC-USDT")]
Timeframe = Annotated[str, Meta(max_length=8, description="a bar interval; 1H and 1D are taken for 1h and 1d")]
Depth = Annotated[int, Meta(ge=1, le=MAX_DEPTH, description="price levels a side")]


class BySymbol(Command, frozen=True, kw_only=True):
    """Names one channel by the symbol of an instrument."""

    symbol: Symbol

    @abstractmethod
    def channel(self, instrument_id: str) -> str:
        """Return the channel of the instrument that is meant."""

    def named(self, session: "Session") -> str:
        """Return the channel that is meant.

        Raises:
            UnknownInstrumentError: If the symbol means no instrument, or more than one.
        """
        return self.channel(session.context.symbols.find(self.symbol))

    async def subscribe(self, session: "Session") -> ServerMessage | None:
        """Do as `subscribe`."""
        session.subscribe(Subscribe(id=self.id, ch=(self.named(session),)))
        return None

    async def unsubscribe(self, session: "Session") -> ServerMessage | None:
        """Do as `unsubscribe`."""
        session.unsubscribe((self.named(session),))
        return Ack(id=self.id)


class Bars(BySymbol, frozen=True, kw_only=True):
    """Bars of one timeframe."""

    timeframe: Timeframe = "1m"

    @override
    def channel(self, instrument_id: str) -> str:
        return f"bars:{instrument_id}:{interval_named(self.timeframe)}"


class Trades(BySymbol, frozen=True, kw_only=True):
    """Trades of the market."""

    @override
    def channel(self, instrument_id: str) -> str:
        return f"trades:{instrument_id}"


class Orderbook(BySymbol, frozen=True, kw_only=True):
    """The best levels of the book."""

    depth: Depth = DEFAULT_DEPTH

    @override
    def channel(self, instrument_id: str) -> str:
        return f"book:{instrument_id}" if self.depth == DEFAULT_DEPTH else f"book:{instrument_id}:{self.depth}"


@commands.register("subscribe_bars")
class SubscribeBars(Bars, frozen=True, kw_only=True, tag="subscribe_bars"):
    """Do as `subscribe` with the channel `bars` of a symbol."""

    run = Bars.subscribe


@commands.register("unsubscribe_bars")
class UnsubscribeBars(Bars, frozen=True, kw_only=True, tag="unsubscribe_bars"):
    """Do as `unsubscribe` with the channel `bars` of a symbol."""

    run = Bars.unsubscribe


@commands.register("subscribe_trades")
class SubscribeTrades(Trades, frozen=True, kw_only=True, tag="subscribe_trades"):
    """Do as `subscribe` with the channel `trades` of a symbol."""

    run = Trades.subscribe


@commands.register("unsubscribe_trades")
class UnsubscribeTrades(Trades, frozen=True, kw_only=True, tag="unsubscribe_trades"):
    """Do as `unsubscribe` with the channel `trades` of a symbol."""

    run = Trades.unsubscribe


@commands.register("subscribe_orderbook")
class SubscribeOrderbook(Orderbook, frozen=True, kw_only=True, tag="subscribe_orderbook"):
    """Do as `subscribe` with the channel `book` of a symbol."""

    run = Orderbook.subscribe


@commands.register("unsubscribe_orderbook")
class UnsubscribeOrderbook(Orderbook, frozen=True, kw_only=True, tag="unsubscribe_orderbook"):
    """Do as `unsubscribe` with the channel `book` of a symbol."""

    run = Orderbook.unsubscribe
