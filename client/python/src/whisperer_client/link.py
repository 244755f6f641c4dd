"""The one connection that all iterators share: made when first needed, and again whenever it is lost."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager

import aiohttp

from whisperer_client.channel import Channel, Reader
from whisperer_client.conversation import Conversation
from whisperer_client.credentials import STALE, Credentials
from whisperer_client.errors import (
    ApiError,
    ClientError,
    ClosedError,
    NotConnectedError,
    ProtocolError,
    RefusedError,
)
from whisperer_client.mailbox import Mailbox
from whisperer_client.types import Hello

PROTOCOL = "trader.v1"
LONGEST_WAIT_S = 15.0
MAX_MESSAGE = 4 * 1024 * 1024
_UNAUTHORIZED, _LATE = 4401, 4408
"""Close codes of a node that has users: no token that is good, none in time."""
_MOST_DENIALS = 3
CLOSING = aiohttp.ClientWSTimeout(ws_close=1.0)

log = logging.getLogger("whisperer_client")


class Link:
    """Keeps a connection while somebody reads."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        credentials: Credentials,
        silence_s: float,
        first_patience_s: float,
        patience_s: float | None,
        first_wait_s: float,
    ) -> None:
        """Start unconnected; the arguments are those of `Client`."""
        self.connections = 0
        """How often a connection was made."""
        self._hello: Hello | None = None
        self._session = session
        self._url = url
        self._credentials = credentials
        self._denials = 0
        self._silence_s = silence_s
        self._first_patience_s = first_patience_s
        self._patience_s = patience_s
        self._first_wait_s = first_wait_s
        self._channels: dict[str, Channel] = {}
        self._conversation: Conversation | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def hello(self) -> Hello | None:
        """What the node said of itself when the last connection began."""
        newest = self._conversation
        return self._hello if newest is None or newest.hello is None else newest.hello

    def open(self, names: Iterable[str], *, limit: int, max_hz: float | None) -> tuple[Mailbox, list[Reader]]:
        """Begin to hear channels; return where their messages arrive, and a reader for each."""
        readers: list[Reader] = []
        mailbox = Mailbox(limit, on_room=lambda: self._come_back(readers))
        for name in dict.fromkeys(names):
            channel = self._channels.setdefault(name, Channel(name))
            reader = Reader(channel.kind, mailbox, max_hz)
            channel.readers[reader] = None
            readers.append(reader)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep())
        self.look()
        return mailbox, readers

    def begin_anew(self, readers: Iterable[Reader]) -> None:
        """Ask for a new snapshot, whatever is known."""
        for reader in readers:
            reader.position = None
        self.look()

    def close(self, readers: Iterable[Reader]) -> None:
        """Hear these no more."""
        for reader in readers:
            for channel in self._channels.values():
                channel.readers.pop(reader, None)
        self.look()

    def look(self) -> None:
        """Let the connection see what changed."""
        if self._conversation is not None:
            self._conversation.look()

    async def stop(self) -> None:
        """Close the connection; iterators that still wait end with an error."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(NotConnectedError("the client is closed"))

    def _come_back(self, readers: list[Reader]) -> None:
        for reader in readers:
            if reader.is_away:
                reader.is_away, reader.is_back = False, True
        self.look()

    async def _keep(self) -> None:
        """Connect again and again until it is over for good."""
        retry = _Retry(self._first_patience_s, self._first_wait_s)
        try:
            while True:
                error = await self._converse(retry)
                pause_s = retry.pause(error)
                log.warning("%s; trying again in %.1f s", error, pause_s)
                await asyncio.sleep(pause_s)
        except Exception as e:  # whatever it was, nobody must wait for ever
            self._fail(e)
            if not isinstance(e, ClientError):
                raise

    async def _converse(self, retry: "_Retry") -> ClientError:
        """Connect and talk; return why it ended, if it is worth to try again.

        Raises:
            ClientError: If it is not.
        """
        conversation = None
        try:
            async with self._connected() as ws:
                conversation = Conversation(
                    ws, self._channels, credentials=self._credentials, silence_s=self._silence_s
                )
                self._conversation = conversation
                self.connections += 1
                await conversation.run()
        except (NotConnectedError, ProtocolError) as e:
            return e
        except (ClosedError, RefusedError, ApiError) as e:
            return await self._denied(e, None if conversation is None else conversation.token)
        except aiohttp.WSServerHandshakeError as e:
            error = ApiError(e.status, {"code": "handshake", "detail": f"the node answered {e.status} {e.message}"})
            if not error.is_retryable:
                raise error from None
            return error
        except (aiohttp.ClientError, OSError) as e:
            return NotConnectedError(f"nobody answers at {self._url} ({_why(e)})")
        finally:
            self._conversation = None
            for channel in self._channels.values():
                channel.disconnected()
            if conversation is not None:
                self._hello = conversation.hello or self._hello
                if conversation.has_heard:
                    self._denials = 0
                    retry.reset(self._patience_s)
                elif conversation.hello is not None:
                    retry.met(self._patience_s)
        raise AssertionError("a conversation never ends by itself")

    async def _denied(self, error: ClosedError | RefusedError | ApiError, token: str | None) -> ClientError:
        """Return why to come back: the node no longer takes the token and there is another, or asks for patience.

        Raises:
            ClientError: That one, if coming back would end the same way.
        """
        if isinstance(error, ApiError) and error.is_retryable:
            return error
        if isinstance(error, ClosedError) and error.close_code == _LATE:
            return await self._late(error)
        is_stale = isinstance(error, ClosedError) and error.close_code == _UNAUTHORIZED
        if token is None or not (is_stale or error.code in STALE) or self._denials >= _MOST_DENIALS:
            raise error
        self._denials += 1
        try:
            other = await self._credentials.instead(token)
        except NotConnectedError as e:
            return e
        if other is None:
            raise error
        return NotConnectedError(f"the node no longer takes the token ({error})")

    async def _late(self, error: ClosedError) -> ClientError:
        """Return why to come back: the token was still on its way when the node waited no longer.

        Raises:
            ClientError: If there is none.
        """
        try:
            token = await self._credentials.current()
        except (NotConnectedError, ProtocolError) as e:
            return e
        except ApiError as e:
            if not e.is_retryable:
                raise
            return e
        if token is None:
            raise error
        return NotConnectedError(f"the token came too late ({error})")

    def _connected(self) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        return self._session.ws_connect(self._url, protocols=(PROTOCOL,), max_msg_size=MAX_MESSAGE, timeout=CLOSING)

    def _fail(self, error: Exception) -> None:
        """End every iterator, once it has read what it has."""
        for channel in self._channels.values():
            for reader in channel.readers:
                reader.mailbox.fail(error)
        self._channels.clear()


class _Retry:
    """How long to wait before the next attempt, and whether there is one."""

    def __init__(self, patience_s: float | None, first_wait_s: float) -> None:
        self._first_wait_s = first_wait_s
        self.reset(patience_s)
        self._has_met = False

    def met(self, patience_s: float | None) -> None:
        """Go on with another patience: there is a node, even if the connection to it did not last."""
        if not self._has_met:
            self._has_met = True
            self._since = time.monotonic()
            self._patience_s = patience_s

    def reset(self, patience_s: float | None) -> None:
        """Begin anew: the connection worked until now."""
        self._has_met = True
        self._wait_s = self._first_wait_s
        self._since = time.monotonic()
        self._patience_s = patience_s

    def pause(self, error: ClientError) -> float:
        """Return how long to wait, a random part of what doubles each time.

        Raises:
            ClientError: That one, when patience is at its end.
        """
        if self._patience_s is not None and time.monotonic() - self._since >= self._patience_s:
            raise error
        longest, self._wait_s = self._wait_s, min(LONGEST_WAIT_S, self._wait_s * 2)
        return random.uniform(0, longest)  # noqa: S311  # no secret


def _why(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else str(error) or type(error).__name__
