"""The client: one node, its REST resources, and everything that it says live."""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from whisperer_client.account import balance_states, job_states, order_states, position_states
from whisperer_client.bars import ByBar
from whisperer_client.books import OrderBooks
from whisperer_client.credentials import Credentials, Fixed, Password, asker, checked
from whisperer_client.history import History
from whisperer_client.link import Link
from whisperer_client.rest import Rest
from whisperer_client.rows import Rows
from whisperer_client.states import States
from whisperer_client.stream import LIMIT, Messages, News, Values
from whisperer_client.trading import Trading
from whisperer_client.types import (
    Alert,
    Balance,
    Bar,
    Book,
    Fill,
    Hello,
    Indicator,
    Job,
    Order,
    Position,
    Quote,
    Signal,
    Status,
    Trade,
    Trader,
    TradeSignal,
)


class Client:
    """One node; `async with Client(url) as client`. All iterators share one WebSocket, made when the first begins.

    A lost connection is made again, and every iterator goes on where it was. What cannot be had any more is told by
    `GapError`, after which iteration may go on; `ClosedError`, `RefusedError` and `NotConnectedError` are final.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        token: str | None = None,
        api_key: str | None = None,
        email: str | None = None,
        password: str | None = None,
        silence_s: float = 15.0,
        first_patience_s: float = 0.0,
        patience_s: float | None = None,
        first_wait_s: float = 0.5,
        timeout_s: float = 30.0,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            url: `http://` or `https://`, host and port of the node.
            token: Of a signed-in user, good for its lifetime. Where the node has users, give this, or `api_key`, or
                `email` and `password`: then tokens are renewed, and the session is begun again, by themselves.
            api_key: `wk_…`, made by its user for this program.
            email: Of a user.
            password: Of that user.
            silence_s: Without any message for so long a connection counts as lost; at least three heartbeats.
            first_patience_s: How long to try to connect for the first time.
            patience_s: How long to try to come back later; None: for ever.
            first_wait_s: A random part of it passes before the first attempt to come back; it doubles up to 15 s.
            timeout_s: How long one REST request may take.

        Raises:
            ValueError: If the URL is none, or more or less than one way to sign in was given.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"url must be http://host:port or https://host:port, was {url!r}")
        self.url = url.rstrip("/")
        self._given = checked(token, api_key, email, password)
        self._timeout_s = timeout_s
        self._settings = (silence_s, first_patience_s, patience_s, first_wait_s)
        self._session: aiohttp.ClientSession | None = None
        self._link: Link | None = None
        self._rest: Rest | None = None

    async def __aenter__(self) -> Self:
        silence_s, first_patience_s, patience_s, first_wait_s = self._settings
        self._session = session = aiohttp.ClientSession()
        credentials = self._credentials(session)
        self._rest = Rest(session, self.url, credentials=credentials, timeout_s=self._timeout_s)
        self._link = Link(
            session,
            f"{self.url}/ws",
            credentials=credentials,
            silence_s=silence_s,
            first_patience_s=first_patience_s,
            patience_s=patience_s,
            first_wait_s=first_wait_s,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all iterators and the connection."""
        if self._link is not None:
            await self._link.stop()
        if self._session is not None:
            await self._session.close()
        self._link = self._rest = self._session = None

    @property
    def rest(self) -> Rest:
        """Everything that is asked once: history, instruments, what the node can do."""
        if self._rest is None:
            raise RuntimeError("use `async with Client(…) as client`")
        return self._rest

    @property
    def trading(self) -> Trading:
        """Everything about your orders and your account that is asked or sent once."""
        return Trading(self.rest)

    @property
    def hello(self) -> Hello | None:
        """What the node said of itself when the last connection began; None before the first."""
        return self._open_link.hello

    @property
    def connections(self) -> int:
        """How often a connection was made: more than one means that some were lost."""
        return self._open_link.connections

    def subscribe(self, channels: Iterable[str], *, max_hz: float | None = None, limit: int = LIMIT) -> Messages:
        """Iterate over the messages of any channels as they are, numbers checked, snapshots included."""
        return Messages(self._open_link, channels, max_hz=max_hz, limit=limit)

    def bars(
        self,
        instrument_id: str,
        interval: str,
        *,
        history: int = 0,
        include_open: bool = False,
        max_hz: float | None = None,
        limit: int = LIMIT,
    ) -> ByBar[Bar]:
        """Iterate over closed bars: none missing, none twice, also across restarts of the node.

        What a broken connection missed comes from the node's memory or its history. `RewoundError` tells that market
        time went back, `GapError` that the node did not give what was missed.

        Args:
            instrument_id: For example `BTC-USDT.SIM`.
            interval: For example `1m`.
            history: How many bars of the past to begin with.
            include_open: Whether the open bar comes too (`closed` is False), as often as it changes.
            max_hz: How often it may come at most.
            limit: Messages that may wait.
        """
        return ByBar(
            self._open_link,
            f"bars:{instrument_id}:{interval}",
            partial(self.rest.bars, instrument_id, interval),
            history=history,
            include_open=include_open,
            max_hz=max_hz,
            limit=limit,
        )

    def indicators(
        self,
        instrument_id: str,
        interval: str,
        name: str,
        *,
        history: int = 0,
        include_open: bool = False,
        max_hz: float | None = None,
        limit: int = LIMIT,
    ) -> ByBar[Indicator]:
        """Iterate over an indicator's values at closed bars, like `bars`; `name` is `NAME(number, …)`."""
        return ByBar(
            self._open_link,
            f"indicators:{instrument_id}:{interval}:{name}",
            partial(self.rest.indicators, instrument_id, name, interval),
            history=history,
            include_open=include_open,
            max_hz=max_hz,
            limit=limit,
        )

    def trades(self, instrument_id: str, *, history: int = 0, limit: int = LIMIT) -> Rows[Trade]:
        """Iterate over trades, each once and in order; what the node keeps no more is told by `GapError`.

        Args:
            instrument_id: For example `BTC-USDT.SIM`.
            history: How many of the last 100 to begin with.
            limit: Trades that may wait.
        """
        rest = self.rest
        return Rows(
            self._open_link,
            f"trades:{instrument_id}",
            lambda trade: trade.id,
            lambda: rest.kept_trades(instrument_id),
            history=history,
            limit=limit,
        )

    def signals(self, instrument_id: str | None = None, *, history: int = 0, limit: int = LIMIT) -> Rows[Signal]:
        """Iterate over the AI's signals, of one instrument or of all; one for every closed bar, each once.

        Args:
            instrument_id: None: of all instruments.
            history: How many of the last 200 to begin with.
            limit: Signals that may wait.
        """
        rest = self.rest
        return Rows(
            self._open_link,
            "signals" if instrument_id is None else f"signals:{instrument_id}",
            lambda signal: (signal.bar_type, signal.ts_bar),
            lambda: _signals(rest, instrument_id),
            history=history,
            limit=limit,
        )

    def quotes(self, instrument_id: str, *, max_hz: float | None = None) -> Values[Quote]:
        """Iterate over the best bid and ask, the newest only."""
        return Values(self._open_link, (f"quotes:{instrument_id}",), max_hz=max_hz)

    def book(self, instrument_id: str, *, depth: int = 20, max_hz: float | None = None) -> Values[Book]:
        """Iterate over the best levels of the order book, the newest only; depth is 1 to 200 levels a side."""
        return Values(self._open_link, (f"book:{instrument_id}:{depth}",), max_hz=max_hz)

    def order_book(self, instrument_id: str, *, limit: int = LIMIT) -> OrderBooks:
        """Iterate over the whole order book: the same object after every step, its checksum proved each time."""
        return OrderBooks(self._open_link, instrument_id, limit=limit)

    def orders(self, *, limit: int = LIMIT) -> States[Order]:
        """Iterate over your orders: the working ones first, then each after every change, until it has ended."""
        return order_states(self._open_link, self.trading, limit)

    def positions(self, *, limit: int = LIMIT) -> States[Position]:
        """Iterate over your positions: the open ones first, then each after every change; `flat` ends one."""
        return position_states(self._open_link, limit)

    def balances(self, *, limit: int = LIMIT) -> States[Balance]:
        """Iterate over your balances: all of them first, then each after every change."""
        return balance_states(self._open_link, limit)

    def fills(self, *, limit: int = LIMIT) -> History[Fill]:
        """Iterate over your fills from now on, each once and in order; what is missed comes from the history."""
        return History(
            self._open_link, "fills", lambda fill: (fill.order_id, fill.fill_id), self.trading.kept_fills, limit=limit
        )

    def alerts(self, *, limit: int = LIMIT) -> History[Alert]:
        """Iterate over what you are told from now on, each once and in order."""
        return History(self._open_link, "alerts", lambda alert: alert.alert_id, self.trading.kept_alerts, limit=limit)

    def trade_signals(self, *, limit: int = LIMIT) -> News[TradeSignal]:
        """Iterate over the signals that your strategies act on from now on, one for each order, each once."""
        return News(self._open_link, "trade_signals", limit=limit)

    def jobs(self, *, limit: int = LIMIT) -> States[Job]:
        """Iterate over your jobs: the running ones first, then each after every change, until it has ended."""
        return job_states(self._open_link, self.rest, limit)

    def trader(self, *, max_hz: float | None = None) -> Values[Trader]:
        """Iterate over your trader and its account, the newest only."""
        return Values(self._open_link, ("trader",), max_hz=max_hz)

    def status(self, *, max_hz: float | None = None) -> Values[Status]:
        """Iterate over the node's state, the newest only."""
        return Values(self._open_link, ("status",), max_hz=max_hz)

    def _credentials(self, session: aiohttp.ClientSession) -> Credentials:
        if isinstance(self._given, tuple):
            return Password(asker(session, self.url, self._timeout_s), *self._given)
        return Fixed(self._given)

    @property
    def _open_link(self) -> Link:
        if self._link is None:
            raise RuntimeError("use `async with Client(…) as client`")
        return self._link


async def _signals(rest: Rest, instrument_id: str | None) -> AsyncIterator[Sequence[Signal]]:
    """Yield the kept signals as what the channel gives."""
    async for page in rest.kept_signals(instrument_id):
        yield [Signal(**{name: getattr(one, name) for name in Signal.__struct_fields__}) for one in page]
