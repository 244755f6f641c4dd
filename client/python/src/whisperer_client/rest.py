"""The REST half of the API: one method per resource, answers as structs, refusals as `ApiError`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
import msgspec

from whisperer_client.credentials import STALE, Credentials, Fixed
from whisperer_client.errors import ApiError, NotConnectedError, ProtocolError
from whisperer_client.types import (
    BarList,
    BookAnswer,
    Capabilities,
    Health,
    IndicatorCatalogue,
    IndicatorList,
    InstrumentItem,
    InstrumentList,
    QuoteList,
    SignalItem,
    SignalList,
    Status,
    Trade,
    TradeList,
)

_DONE = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
"""Of every answer that is no refusal."""


class Page(Protocol):
    """A part of a list."""

    @property
    def next(self) -> str | None:
        """Cursor of the rest; None at the end."""


class Rest:
    """Asks a node; every method raises `ApiError` when the node refuses, `NotConnectedError` when nobody answers."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, *, credentials: Credentials | None = None, timeout_s: float
    ) -> None:
        """Ask at `url`, as whoever the credentials belong to."""
        self._session = session
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._credentials: Credentials = credentials or Fixed(None)

    async def status(self) -> Status:
        """Return the state of the node and of its market."""
        return await self.get("/api/v1/status", Status)

    async def health(self) -> Health:
        """Return what works within the node and what does not."""
        return await self.get("/health", Health)

    async def capabilities(self) -> Capabilities:
        """Return what the node can do: channels, intervals, limits."""
        return await self.get("/api/v1/capabilities", Capabilities)

    async def instruments(self) -> list[InstrumentItem]:
        """Return every instrument of the market."""
        found = pages(lambda cursor: self.get("/api/v1/instruments", InstrumentList, cursor=cursor))
        return [one async for page in found for one in page.items]

    async def instrument(self, instrument_id: str) -> InstrumentItem:
        """Return one instrument."""
        return await self.get(f"/api/v1/instruments/{part(instrument_id)}", InstrumentItem)

    async def bars(
        self,
        instrument_id: str,
        interval: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        include_open: bool | None = None,
    ) -> BarList:
        """Return one page of bars, oldest first: the newest of the range, or from `start` on when only that is given.

        Args:
            instrument_id: For example `BTC-USDT.SIM`.
            interval: For example `1m`.
            start: First open time, UNIX milliseconds.
            end: Open time of the first bar left out.
            limit: Most bars of the page.
            cursor: `next` of the page before.
            include_open: Whether the bar that has not closed yet comes last.
        """
        return await self.get(
            "/api/v1/bars",
            BarList,
            instrument_id=instrument_id,
            interval=interval,
            start=start,
            end=end,
            limit=limit,
            cursor=cursor,
            include_open=include_open,
        )

    async def indicators(
        self,
        instrument_id: str,
        name: str,
        interval: str = "1m",
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> IndicatorList:
        """Return one page of an indicator's values, oldest first; `name` is `NAME(number, …)`, times as of `bars`."""
        return await self.get(
            "/api/v1/indicators",
            IndicatorList,
            instrument_id=instrument_id,
            name=name,
            interval=interval,
            start=start,
            end=end,
            limit=limit,
            cursor=cursor,
        )

    async def catalogue(self) -> IndicatorCatalogue:
        """Return every indicator that can be asked for."""
        return await self.get("/api/v1/indicators/catalogue", IndicatorCatalogue)

    async def signals(
        self,
        instrument_id: str | None = None,
        interval: str | None = None,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        include_features: bool | None = None,
    ) -> SignalList:
        """Return one page of signals, newest first; times are open times of their bars."""
        return await self.get(
            "/api/v1/signals",
            SignalList,
            instrument_id=instrument_id,
            interval=interval,
            start=start,
            end=end,
            limit=limit,
            cursor=cursor,
            include_features=include_features,
        )

    async def kept_signals(self, instrument_id: str | None = None) -> AsyncIterator[Sequence[SignalItem]]:
        """Yield pages of all kept signals, newest first."""
        async for page in pages(lambda cursor: self.signals(instrument_id, limit=1_000, cursor=cursor)):
            yield page.items

    async def trades(self, instrument_id: str, *, limit: int | None = None, cursor: str | None = None) -> TradeList:
        """Return one page of the newest trades, newest first."""
        return await self.get("/api/v1/trades", TradeList, instrument_id=instrument_id, limit=limit, cursor=cursor)

    async def kept_trades(self, instrument_id: str) -> AsyncIterator[Sequence[Trade]]:
        """Yield pages of all kept trades, newest first."""
        async for page in pages(lambda cursor: self.trades(instrument_id, limit=1_000, cursor=cursor)):
            yield page.items

    async def quotes(self, instrument_id: str | None = None) -> QuoteList:
        """Return the newest quotes, of one instrument or of all."""
        return await self.get("/api/v1/quotes", QuoteList, instrument_id=instrument_id)

    async def book(self, instrument_id: str, *, depth: int | None = None) -> BookAnswer:
        """Return the best levels of an order book."""
        return await self.get("/api/v1/book", BookAnswer, instrument_id=instrument_id, depth=depth)

    async def get[T](self, path: str, kind: type[T], **query: str | int | bool | None) -> T:
        """Ask for any resource; parameters that are None are left out.

        Raises:
            ApiError: The node refused; its `code` says why.
            NotConnectedError: Nobody answered.
            ProtocolError: The answer is not of the contract.
        """
        return await self.send("GET", path, kind, **query)

    async def send[T](
        self, method: str, path: str, kind: type[T], body: object = None, **query: str | int | bool | None
    ) -> T:
        """Ask with any verb; `body` is sent as JSON, None: without one.

        Raises:
            ApiError: The node refused; its `code` says why.
            NotConnectedError: Nobody answered; whether it has been done is unknown.
            ProtocolError: The answer is not of the contract.
        """
        asked = {name: _text(value) for name, value in query.items() if value is not None}
        data = None if body is None else msgspec.json.encode(body)
        token = await self._credentials.current()
        try:
            said = await self._ask(method, path, asked, data, token)
        except ApiError as e:
            # refused before anything was done: the same with another token is no second time
            is_stale = token is not None and e.status == HTTPStatus.UNAUTHORIZED and e.code in STALE
            other = await self._credentials.instead(token or "") if is_stale else None
            if other is None:
                raise
            said = await self._ask(method, path, asked, data, other)
        try:
            return msgspec.json.decode(said or b"null", type=kind)
        except msgspec.MsgspecError as e:
            raise ProtocolError(f"{path}: {e}") from e

    async def _ask(self, method: str, path: str, asked: dict[str, str], data: bytes | None, token: str | None) -> bytes:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method, self._url + path, params=asked, data=data, headers=headers, timeout=self._timeout
            ) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as e:
            raise NotConnectedError(f"no answer from {self._url} ({str(e) or type(e).__name__})") from e
        if answer.status not in _DONE:
            raise _refusal(answer.status, answer.headers.get("Retry-After"), said)
        return said


def part(name: str) -> str:
    """Return a name as one part of a path: whatever is in it, it leads nowhere else."""
    return quote(name, safe="")


async def pages[P: Page](ask: Callable[[str | None], Awaitable[P]]) -> AsyncIterator[P]:
    """Yield every page of a list; `ask` gets the cursor."""
    cursor: str | None = None
    while True:
        page = await ask(cursor)
        yield page
        if (cursor := page.next) is None:
            return


def _refusal(status: int, retry_after: str | None, body: bytes) -> ApiError:
    try:
        problem = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:  # a proxy's page
        problem = {}
    return ApiError(
        status, problem, retry_after_s=float(retry_after) if retry_after and retry_after.isdigit() else None
    )


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
