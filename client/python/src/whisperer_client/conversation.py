"""One connection, from its first message to its last: operations, their answers, and what comes on channels."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec

from whisperer_client.channel import Channel, Need, forget_unread
from whisperer_client.credentials import Credentials
from whisperer_client.errors import ClosedError, NotConnectedError, ProtocolError, RefusedError
from whisperer_client.message import Head, Message, read_head
from whisperer_client.types import Hello

ANSWER_S = 10.0
"""An operation without an answer for so long means that the connection does not work."""
FINAL = {1000, 1002, 1003, 1007, 1009}
"""Close codes of the node that are final, beside 4400 to 4499."""
_BATCH = 64
PATIENCE_S = 5.0
"""How often to look whether a token is to be renewed while none is known to be."""
_SHORTEST_S = 0.05


class Conversation:
    """Keeps the channels of one connection subscribed as their readers need it."""

    def __init__(
        self,
        ws: aiohttp.ClientWebSocketResponse,
        channels: MutableMapping[str, Channel],
        *,
        credentials: Credentials,
        silence_s: float,
    ) -> None:
        """Begin; nothing is sent before `run`.

        Args:
            ws: An open connection.
            channels: What is wanted, by name; it changes while this runs, and names become those of the node.
            credentials: Give the token that is sent when the node wants one, and those that follow it.
            silence_s: Without any message for so long the connection counts as lost.
        """
        self.hello: Hello | None = None
        self.token: str | None = None
        """The one that this connection is signed in with."""
        self.has_heard = False
        """Whether a channel has given something."""
        self._ws = ws
        self._channels = channels
        self._credentials = credentials
        self._silence_s = silence_s
        self._heard_at = time.monotonic()
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Head], Callable[[Head], None]]] = {}
        self._work = asyncio.Event()
        self._pace = Pace(20, 50)

    def look(self) -> None:
        """Note that a channel may need something of the node."""
        self._work.set()

    async def run(self) -> None:
        """Talk until the connection ends.

        Raises:
            ClosedError: The node closed it for good.
            RefusedError: The node does not take the token.
            NotConnectedError: It was lost.
            ProtocolError: What came cannot be read.
        """
        await self._greet()
        # the first that ends says why: a refusal knows more than the close that comes with it
        works = [asyncio.create_task(work()) for work in (self._operate, self._renew, self._read, self._watch)]
        try:
            done, _ = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            for task in works:
                if task in done:
                    task.result()
        finally:
            for task in works:
                task.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            for future, _ in self._waiting.values():
                future.cancel()

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                text = await self._receive()
        except TimeoutError:
            raise NotConnectedError("the node says nothing") from None
        try:
            self.hello = hello = msgspec.json.decode(text, type=Hello)
        except msgspec.MsgspecError as e:
            raise ProtocolError(f"this is no node of our protocol: {e}") from e
        self._pace = Pace(hello.limits.operations_per_s, hello.limits.operations_burst)
        self._silence_s = max(self._silence_s, 3 * hello.limits.idle_heartbeat_s)

    async def _read(self) -> None:
        while True:
            text = await self._receive()
            self._take(read_head(text), text)

    async def _receive(self) -> str:
        """Return the next text."""
        frame = await self._ws.receive()
        self._heard_at = time.monotonic()
        if frame.type is aiohttp.WSMsgType.TEXT:
            return str(frame.data)
        if frame.type is aiohttp.WSMsgType.CLOSE:
            code = int(frame.data or 1005)
            if code in FINAL or code // 100 == 44:  # noqa: PLR2004  # 44xx: the range is the verdict
                raise ClosedError(code, str(frame.extra or ""))
            raise NotConnectedError(f"closed by the node with {code}")
        raise NotConnectedError(f"connection lost ({frame.data or frame.type.name.lower()})")

    def _take(self, head: Head, text: str) -> None:
        if head.ch:
            self._take_message(Message(head, text))
        elif head.type == "hb":
            for name, seq in head.heads.items():
                if (channel := self._channels.get(name)) is not None:
                    channel.check_head(seq)
            self.look()
        elif head.id in self._waiting:
            answer, done = self._waiting.pop(head.id)
            if head.type != "error":
                done(head)
            if not answer.done():
                answer.set_result(head)

    def _take_message(self, message: Message) -> None:
        channel = self._channels.get(message.channel)
        if channel is None:
            return
        self.has_heard = True
        channel.take(message)
        if channel.is_broken or message.is_snapshot:
            self.look()

    async def _watch(self) -> None:
        """Notice a connection that is silent, which a living one never is for long."""
        while (left := self._heard_at + self._silence_s - time.monotonic()) > 0:  # noqa: ASYNC110  # no event says that nothing came
            await asyncio.sleep(left)
        raise NotConnectedError(f"connection lost (silent for {self._silence_s:g} s)")

    async def _operate(self) -> None:
        """Ask the node for what the channels need, as it comes up."""
        await self._sign_in()
        self._work.set()
        while True:
            await self._work.wait()
            self._work.clear()
            await self._serve()

    async def _sign_in(self) -> None:
        """Sign in where the node has users, or go on with a token that has been renewed."""
        token = await self._credentials.current() if self.hello and self.hello.auth == "required" else None
        if token is None or token == self.token:
            return
        self.token = token
        refusal = await self._ask({"op": "auth", "token": token}, _ignore)
        if refusal is not None:
            raise RefusedError(refusal.code, refusal.message)

    async def _renew(self) -> None:
        """Send each new token before the one before it ends."""
        while True:
            due_s = self._credentials.due_s() if self.token is not None else PATIENCE_S
            await asyncio.sleep(PATIENCE_S if due_s is None else max(due_s, _SHORTEST_S))
            if self.token is not None:
                await self._sign_in()

    async def _serve(self) -> None:
        for need in (Need.LEAVE, Need.RESUME, Need.BEGIN):
            wanted: dict[tuple[float | None, str], list[Channel]] = {}
            for channel in self._channels.values():
                if channel.need() is need:
                    rate = None if need is Need.LEAVE else channel.max_hz
                    wanted.setdefault((rate, channel.name if channel.is_alone else ""), []).append(channel)
            for (rate, _), channels in wanted.items():
                for first in range(0, len(channels), _BATCH):
                    await self._order(need, tuple(channels[first : first + _BATCH]), rate)
        forget_unread(self._channels)  # nothing has been asked for them that is not answered

    async def _order(self, need: Need, channels: tuple[Channel, ...], rate: float | None) -> None:
        """Send one operation for several channels; when it is refused, one by one."""
        if need is Need.LEAVE:
            await self._leave(channels)
            return
        places = {one: one.since() if need is Need.RESUME else None for one in channels}
        operation: dict[str, Any] = {"op": "subscribe", "ch": [one.name for one in channels]}
        operation["since"] = {one.name: place for one, place in places.items() if place is not None}
        if rate is not None:
            operation["max_hz"] = rate

        def done(answer: Head) -> None:
            for one in self._named(channels, list(answer.position)):
                one.subscribed(places.get(one))

        refusal = await self._ask(operation, done)
        if refusal is None:
            self.look()
        elif len(channels) > 1:
            for one in channels:
                await self._order(need, (one,), rate)
        else:
            _refuse(channels[0], refusal)

    def _named(self, channels: tuple[Channel, ...], names: list[str]) -> list[Channel]:
        """Return the channels that an acknowledgement is about, under the names that the node gives them.

        There may be several ways to write a name; the node has one. Where it is not clear which is whose, those
        channels are asked for again, one by one.
        """
        strange = [one for one in channels if one.name not in names]
        told = [name for name in names if name not in {one.name for one in channels}]
        clear = [one for one in channels if one.name in names]
        if len(strange) == len(told) == 1:
            return [*clear, self._renamed(strange[0], told[0])]
        if len(channels) == 1:
            return list(channels)
        for one in strange:
            one.is_alone = True
        return clear

    def _renamed(self, channel: Channel, name: str) -> Channel:
        """Give a channel the node's name; if there is one of that name already, its readers go there."""
        self._channels.pop(channel.name, None)
        known = self._channels.get(name)
        if known is None:
            channel.name = name
            self._channels[name] = channel
            return channel
        known.readers |= channel.readers
        channel.readers.clear()
        return known

    async def _leave(self, channels: tuple[Channel, ...]) -> None:
        for one in channels:
            one.disconnected()
        await self._ask({"op": "unsubscribe", "ch": [one.name for one in channels]}, _ignore)
        self.look()

    async def _ask(self, operation: dict[str, Any], done: Callable[[Head], None]) -> Head | None:
        """Send an operation and wait; return the refusal, None when it was done.

        Args:
            operation: Without its id.
            done: Called at the acknowledgement, before anything that comes after it is looked at.
        """
        while True:
            await self._pace.turn()
            number = next(self._ids)
            answer: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
            self._waiting[number] = (answer, done)
            with suppress(aiohttp.ClientError, ConnectionError):  # reading knows better why it is over
                await self._ws.send_str(json.dumps({**operation, "id": number}, separators=(",", ":")))
            try:
                head = await asyncio.wait_for(answer, ANSWER_S)
            except TimeoutError:
                raise NotConnectedError(f"connection lost (no answer for {ANSWER_S:g} s)") from None
            if head.type != "error":
                return None
            if head.code != "rate_limited":
                return head
            await asyncio.sleep((head.retry_after_ms or 1_000) / 1_000)


class Pace:
    """A token bucket: operations wait here rather than being refused there."""

    def __init__(self, per_s: float, burst: float) -> None:
        """Start full; a tenth is kept back, clocks differ."""
        self._per_s = per_s * 0.9
        self._burst = self._tokens = max(1.0, burst * 0.9)
        self._at = time.monotonic()

    async def turn(self) -> None:
        """Wait until one more may be sent."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s) - 1
        self._at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._per_s)


def _ignore(answer: Head) -> None:
    """Do nothing more at an acknowledgement."""


def _refuse(channel: Channel, refusal: Head) -> None:
    """Tell the readers of a channel that there is none for them."""
    error = RefusedError(refusal.code, refusal.message, is_retryable=refusal.retry)
    for reader in list(channel.readers):
        reader.mailbox.fail(error)
    channel.readers.clear()
