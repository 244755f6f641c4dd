"""HTTP to AI services: shell over aiohttp that sends one request and reads one answer that is not too long."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final, override

import aiohttp
from aiohttp.client_proto import ResponseHandler

from actors.signal.outside.call import Reply, UnreachableError
from actors.signal.outside.opinion import LieError

_MOST_UNREAD: Final = 16
"""Answers that have come and nobody has read; only one was asked for, before it interim ones (1xx) may come."""


class _Connection(ResponseHandler):
    """Ends when a service floods it with answers: without an end to them, or a body that could be waited for."""

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if len(self) > _MOST_UNREAD and self.transport is not None:
            self.transport.abort()
            self.set_exception(LieError("the service sends more answers than were asked for"))


class HttpClient:
    """Owns the connections; the first request opens them, `close` lets go of them."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._http: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, most_bytes: int) -> Reply:
        """Send JSON and return what came back; how long that may take is up to the caller.

        Raises:
            UnreachableError: If the connection failed.
            LieError: If the answer is longer than `most_bytes`, packed, or one of a flood.
        """
        return await self._ask("POST", url, headers, body, most_bytes)

    async def get(self, url: str, headers: Mapping[str, str], *, most_bytes: int) -> Reply:
        """Return what is at an address; how long that may take is up to the caller.

        Raises:
            UnreachableError: If the connection failed.
            LieError: If the answer is longer than `most_bytes`, packed, or one of a flood.
        """
        return await self._ask("GET", url, headers, None, most_bytes)

    async def close(self) -> None:
        """Let go of all connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most_bytes: int
    ) -> Reply:
        try:
            session = self._session()
            request = session.request(method, url, data=body, headers=headers, allow_redirects=False)
            async with request as answer:
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise LieError("answer is packed, which nobody asked for")
                read = bytearray()
                async for piece in answer.content.iter_any():
                    read += piece
                    if len(read) > most_bytes:
                        raise LieError(f"answer is longer than {most_bytes} bytes")
                return Reply(status=answer.status, body=bytes(read), retry_after=answer.headers.get("Retry-After"))
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise UnreachableError(type(e).__name__) from None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=0)
            loop = asyncio.get_running_loop()
            connector._factory = partial(_Connection, loop=loop)  # type: ignore[assignment]  # noqa: SLF001  # no other way
            self._http = aiohttp.ClientSession(
                headers={"User-Agent": "whisperer", "Accept-Encoding": "identity", "Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=None),
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._http
