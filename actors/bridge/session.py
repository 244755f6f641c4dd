"""One client's conversation, without its socket: who it is, what it may, what it asked and what it was answered."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import ceil
from secrets import token_hex
from typing import get_args

import structlog
from msgspec import UNSET

from actors.allowance import Allowance
from actors.bridge import portions
from actors.bridge.access import CHANNELS, need_to_hear
from actors.bridge.commands.subscribe import Subscribe
from actors.bridge.connection import Connection
from actors.bridge.context import Clock, Context
from actors.bridge.delivery.scheduler import WALL_CLOCK
from actors.bridge.desk import Desk
from actors.bridge.dialect import Dialect
from actors.bridge.hub import Hub, Wish
from actors.bridge.inbound import OUR_OWN, read_command, read_head, read_id, read_op
from actors.bridge.seat import Seat
from actors.bridge.seats import Seats
from actors.bridge.wire_messages import PROTOCOL, Ack, ErrorMessage, Hello, Limits, ServerMessage
from actors.ports.identity import LOCAL, Principal
from actors.wire_traders import error_items
from config.errors import (
    BadRequestError,
    ChannelLimitError,
    InvalidInputError,
    NodeError,
    RateLimitedError,
    UnauthorizedError,
    UnknownChannelError,
)
from config.fields import IntervalName

SLOWEST_S = 86_400.0
"""Between two latest values, however seldom they are wanted: the reciprocal of a tiny rate is no time any more."""
ABUSIVE = 4429
FLOOD_PER_S, FLOOD_BURST = 5.0, 10.0
"""Times what is allowed: who sends even more, refused operations counted, is cut off."""

log = structlog.get_logger(__name__)


class Session:
    """Answers every message of one client, in order; whatever it sends, an answer is all that can happen."""

    __slots__ = ("_allowance", "_flood", "_last_id", "clock", "connection", "context", "hub", "seat")

    def __init__(
        self,
        hub: Hub,
        context: Context,
        connection: Connection,
        *,
        seat: Seat | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Begin.

        Args:
            hub: Where the client is attached.
            context: What its operations may use.
            connection: Of the client.
            seat: Who the client is; None: the local principal.
            clock: Wall time; None takes the computer's.
        """
        limits = context.config.ws
        self.hub = hub
        self.context = context
        self.connection = connection
        self.seat = seat or Seats(context).take(LOCAL, "", connection.close)
        self.seat.heard = connection.lanes
        self.clock = clock or WALL_CLOCK
        rate, burst = limits.operations_per_s, limits.operations_burst
        self._allowance = Allowance(rate, burst, self.clock.monotonic)
        self._flood = Allowance(rate * FLOOD_PER_S, burst * FLOOD_BURST, self.clock.monotonic)
        self._last_id = -1

    @property
    def principal(self) -> Principal:
        """Who the client is.

        Raises:
            UnauthorizedError: If it has not said so yet.
        """
        if self.seat.principal is None:
            raise UnauthorizedError("send `auth` with a token first")
        return self.seat.principal

    def greet(self) -> None:
        """Send the first message."""
        context, limits = self.context, self.context.config.ws
        hello = Hello(
            protocol=PROTOCOL,
            server=f"whisperer/{context.version}",
            node_id=context.config.node.name,
            market_time=context.clock.now_ms,
            wall_ms=self.clock.wall_ms(),
            speed=context.host.speed,
            paused=context.host.is_paused,
            auth=self.seat.state,
            intervals=get_args(IntervalName),
            limits=Limits(
                max_channels=limits.max_channels,
                max_message_bytes=limits.max_message_bytes,
                operations_per_s=limits.operations_per_s,
                operations_burst=limits.operations_burst,
                heartbeat_interval_s=limits.heartbeat_interval_s,
                idle_heartbeat_s=limits.idle_heartbeat_s,
            ),
        )
        self.hub.send(self.connection, hello)
        self._subscribe_unasked()

    async def sign_in(self, token: str) -> Principal:
        """Sign in, or renew a token: what the new one may not hear is heard no more; return who the client is.

        Raises:
            NodeError: If the token opens nothing, or is another user's.
        """
        before = self.seat.principal
        principal = await self.seat.sign_in(token)
        if before is None:
            self._subscribe_unasked()
        elif before is not principal:
            self.hub.unsubscribe(self.connection, [one for one in self.connection.lanes if not _may(principal, one)])
        return principal

    async def receive(self, data: str | bytes) -> None:
        """Do what a text message asks and answer it."""
        if self._is_flooding():
            return
        with structlog.contextvars.bound_contextvars(trace_id=token_hex(16)):
            answer = await self._answer(data)
        if answer is not None:
            self.hub.send(self.connection, answer)

    async def _answer(self, data: str | bytes) -> ServerMessage | None:
        operation_id: int | None = None
        try:
            head = read_head(data)
            operation_id = read_id(head)
            self._note_id(operation_id)
            self._take_token()
            op = read_op(head, self._words())
            self.seat.require(op)
            return await read_command(op, data).run(self)
        except NodeError as e:
            return refusal(operation_id, e)
        except Exception:  # the command reply: a fault of ours is no reason to lose the client
            log.exception("operation_failed")
            return refusal(operation_id, NodeError("internal error"))

    def _words(self) -> Mapping[str, str]:
        """Return what the client calls operations: its word -> ours."""
        dialect = self.connection.dialect
        return OUR_OWN if dialect is None else dialect.operations

    def allows(self) -> bool:
        """Count a message that asks nothing, such as a ping; False when the client has been cut off for it."""
        return not self._is_flooding()

    def refuse_binary(self) -> None:
        """Answer a binary message."""
        if not self._is_flooding():
            self.hub.send(self.connection, refusal(None, BadRequestError("messages must be text, not binary")))

    def desk(self) -> Desk:
        """Return where this client's orders are taken."""
        return Desk(self.context, self.principal)

    def subscribe(self, command: Subscribe) -> None:
        """Check everything, acknowledge, then send snapshots or what was missed, all in one go.

        Raises:
            NodeError: If one channel cannot be had; then nothing has changed.
        """
        names = dict.fromkeys(command.ch)
        self._check_count(self.connection.lanes.keys() | names.keys())
        written = {self.hub.streams.written(name) for name in names if name.startswith(portions.CHANNEL)}
        self.context.portions.take(self.principal.user_id, written, self.context.config.indicators.max_per_user)
        gap_s = 0.0 if command.max_hz is None else min(1.0 / command.max_hz, SLOWEST_S)
        wishes = [self._wish(name, command, gap_s) for name in names]
        self.seat.count_channels(len(wishes))
        position = self.hub.subscribe(self.connection, wishes)
        self.hub.send(self.connection, Ack(id=command.id, position=position))
        self.hub.catch_up(self.connection)

    def unsubscribe(self, names: Sequence[str]) -> None:
        """Forget channels; those not subscribed are passed over."""
        self.hub.unsubscribe(self.connection, map(self.hub.streams.written, names))

    def _subscribe_unasked(self) -> None:
        """Let a client of a dialect hear its channels: it does not know how to ask."""
        dialect = self.connection.dialect
        if dialect is not None:
            self.hub.subscribe(self.connection, self._wishes_of(dialect))
            self.hub.catch_up(self.connection)

    def _wishes_of(self, dialect: Dialect) -> list[Wish]:
        """Return what a client of a dialect hears without asking: what of it this user may."""
        wanted = Subscribe(ch=dialect.channels)
        wishes = []
        for name in wanted.ch:
            with suppress(NodeError):  # no trader, or not the role: the rest is heard all the same
                wishes.append(self._wish(name, wanted, 0.0))
        return wishes

    def _wish(self, name: str, command: Subscribe, gap_s: float) -> Wish:
        _require(self.principal, name)
        dialect = self.connection.dialect
        if dialect is not None and not dialect.speaks_of(name):
            raise UnknownChannelError(f"this dialect has no words for {name[:80]!r}, `trader.v1` has")
        stream = self.hub.streams.meant(name, self.principal.user_id)
        if name not in command.since:
            return Wish(stream=stream, gap_s=gap_s)
        return Wish(stream=stream, cursor=stream.cursor(*command.since[name]), gap_s=gap_s)

    def _check_count(self, names: set[str]) -> None:
        limit = self.context.config.ws.max_channels
        if len(names) > limit:
            raise ChannelLimitError(f"at most {limit} channels on one connection, these would be {len(names)}")

    def _note_id(self, operation_id: int | None) -> None:
        if operation_id is None:
            return
        if operation_id <= self._last_id:
            raise InvalidInputError(f"id must be above {self._last_id}, was {operation_id}", path="$.id")
        self._last_id = operation_id

    def _take_token(self) -> None:
        wait_s = self._allowance.take()
        if wait_s:
            rate = self.context.config.ws.operations_per_s
            raise RateLimitedError(f"more than {rate} operations a second", retry_after_s=wait_s)

    def _is_flooding(self) -> bool:
        if not self._flood.take():
            return False
        owner = self.seat.principal
        log.info("ws_flood_closed", user_id=None if owner is None else owner.user_id)
        self.hub.detach(self.connection)
        self.connection.close(ABUSIVE, "abusive")
        return True


def _require(principal: Principal, channel: str) -> None:
    """Do nothing when somebody may hear a channel; one that does not exist is nobody's business here."""
    role = CHANNELS.get(channel.partition(":")[0])
    if role is not None:
        principal.require(role, need=need_to_hear(role))


def _may(principal: Principal, channel: str) -> bool:
    try:
        _require(principal, channel)
    except NodeError:
        return False
    return True


def refusal(operation_id: int | None, error: NodeError) -> ServerMessage:
    """Return what tells a client that something was refused."""
    after_s = error.retry_after_s
    return ErrorMessage(
        id=operation_id,
        code=error.code,
        message=str(error),
        retry=error.is_retryable,
        retry_after_ms=None if after_s is None else ceil(after_s * 1_000),
        errors=error_items(error) or UNSET,
    )
