"""Plays a feed by wall time: market time moves while a client listens, at the speed wanted, or step by step."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, Protocol

import structlog

from actors.market import MINUTE_NS, SECOND_NS
from actors.waiting import until
from adapters.feed import Feed, FeedEvent
from adapters.steps import Steps

AtEnd = Literal["hold", "loop", "exit"]

CHUNK = 256
"""Events handed over in one turn of the loop."""
MAX_BACKLOG = 512
"""Events on their way to the listeners above which the feed waits for them."""
HALT_S = 0.5
"""How long a halt waits for an engine that handles nothing of what it was sent."""
_ASK_AFTER = 64
_EAGER_TURNS = 64
_DRAIN_SLEEP_S = 0.001
MAX_SLEEP_S = 0.05
MIN_SLEEP_S = 0.004
MAX_LAG_S = 1.0
"""Wall seconds of backlog above which market time falls behind instead of rushing after."""

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Who hears the events: the data client of the node that runs now."""

    def deliver(self, events: Sequence[FeedEvent], position_ns: int) -> None:
        """Take events in time order, and the market time reached: everything before it is known now."""

    def backlog(self) -> int:
        """Return how many delivered events may still wait in a queue."""


class Player:
    """Owner of market time: it lives as long as the process, clients of a rebuilt node listen one after the other.

    While nobody listens, and while it is paused, market time stands still; who comes next goes on with the very next
    event.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        speed: float,
        at_end: AtEnd = "hold",
        on_end: Callable[[AtEnd], None] | None = None,
        on_fault: Callable[[Exception], None] | None = None,
        allowed: Callable[[int], int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to play.

        Args:
            feed: What to play.
            speed: Market seconds per wall second; 0 is as fast as it goes.
            at_end: What the end of the feed means; the host does it.
            on_end: Called once with `at_end` when the feed has ended.
            on_fault: Called with the exception that stopped the feed.
            allowed: Asked before reading: how far towards this market time (ns) it may go now.
            monotonic: Seconds that only grow; tests give their own.
        """
        self.feed = feed
        self.speed = speed
        self.at_end = at_end
        self.is_ended = False
        self.is_paused = False
        self.fault: Exception | None = None
        """What stopped the feed; None while it plays."""
        self._on_end = on_end
        self._on_fault = on_fault
        self._allowed = allowed
        self._monotonic = monotonic
        self._anchor = (0.0, 0)
        self._unasked = 0
        self._listener: Listener | None = None
        self._newest = object()
        self._steps: Steps | None = None
        self._stood = asyncio.Event()
        """Set when the newest step is over."""
        self._woken = asyncio.Event()
        """Set when who rests should look around."""
        self._idle = asyncio.Event()
        """Set while the newest run is over."""
        self._idle.set()

    @property
    def position_ns(self) -> int:
        """Return the market time reached, UNIX nanoseconds."""
        return self.feed.position_ns

    @property
    def is_between_events(self) -> bool:
        """Whether nothing is due yet: a pause, a hole in a recording, or a market that trades rarely."""
        if self.is_paused:
            return True
        ahead = self.feed.next_ts()
        wall, market = self._anchor
        due = market + int((self._monotonic() - wall) * self.speed * SECOND_NS)
        return self.speed > 0 and ahead is not None and ahead > due

    @property
    def is_stepping(self) -> bool:
        """Whether a step is under way; it is paused then, too."""
        return self._steps is not None

    def pause(self) -> None:
        """Read no further; a step under way ends. Market time stands still from here on."""
        self.is_paused = True
        self._end_step()

    def play(self) -> None:
        """Go on from here."""
        self.is_paused = False
        self._end_step()

    def set_speed(self, speed: float) -> None:
        """Play at another speed from here on: market seconds per wall second, 0 is as fast as it goes."""
        self.speed = speed
        self._set_anchor()

    def step(self, steps: Steps) -> asyncio.Event:
        """Play so far as fast as it goes and pause there.

        Returns:
            What is set when everybody has heard it, or when the step was ended before.
        """
        self.is_paused = True
        self._end_step()
        self._steps, self._stood = steps, asyncio.Event()
        self._woken.set()
        return self._stood

    def attach(self, listener: Listener) -> None:
        """Make `listener` the one who hears; a halt is over, an earlier listener hears no more."""
        self._listener = listener
        self._woken.set()

    async def run(self, listener: Listener) -> None:
        """Play to the attached `listener` until cancelled, halted or ended; an exception is told and ends it too.

        It ends at once when another listener is attached, whatever the old one has not handled yet.
        """
        if self._listener is not listener:
            return
        newest = self._newest = object()
        self.fault = None
        self._idle.clear()
        try:
            await self._play(listener)
        except Exception as e:  # the feed's or a listener's: it must be seen, the stream is over
            self.fault = e
            log.exception("feed_failed", position_ns=self.feed.position_ns)
            self._end_step()
            if self._on_fault is not None:
                self._on_fault(e)
        finally:
            if self._newest is newest:
                self._idle.set()

    async def halt(self) -> None:
        """Stop reading and return when everybody has heard what was read: before a node is stopped or rebuilt.

        Whoever is attached next goes on from there. An engine is waited for as long as it handles something.
        """
        listener, self._listener = self._listener, None
        self._end_step()
        if not await until(self._idle.is_set, HALT_S) or listener is None:
            return
        while self._listener is None and (waiting := listener.backlog()):
            if not await until(partial(self._has_moved, listener, waiting), HALT_S):
                return

    def _has_moved(self, listener: Listener, waiting: int) -> bool:
        """Whether another one listens, or this one has come on since so many events waited."""
        return self._listener is not None or listener.backlog() < waiting

    async def _play(self, listener: Listener) -> None:
        def is_heard() -> bool:
            return self._listener is listener

        self._set_anchor()
        while is_heard() and (ahead := self.feed.next_ts()) is not None:
            if self._steps is not None:
                await self._take(self._steps, listener, ahead, is_heard)
            elif self.is_paused:
                await self._rest(is_heard)
                continue
            else:
                until = ahead + MINUTE_NS if self.speed == 0 else self._due()
                is_behind = self._read(listener, until, CHUNK) >= CHUNK
                await asyncio.sleep(0 if is_behind or self.speed == 0 else self._pause())
            if self._unasked >= _ASK_AFTER:
                self._unasked = 0
                await _drained(listener, MAX_BACKLOG, while_=is_heard)
        await _drained(listener, 0, while_=is_heard)
        if is_heard():
            self._end()

    async def _take(self, steps: Steps, listener: Listener, ahead: int, is_heard: Callable[[], bool]) -> None:
        """Read a part of what is stepped; at its end wait until it has been heard."""
        until, most = steps.ask()
        steps.took(self._read(listener, min(until, ahead + MINUTE_NS), min(CHUNK, most or CHUNK)))
        await asyncio.sleep(0)
        if steps.is_done:
            await _drained(listener, 0, while_=is_heard)
            if self._steps is steps:
                self._end_step()

    async def _rest(self, is_heard: Callable[[], bool]) -> None:
        """Return when there is something to play again."""
        while self.is_paused and self._steps is None and is_heard():
            self._woken.clear()
            await self._woken.wait()
        self._set_anchor()

    def _read(self, listener: Listener, until: int, limit: int) -> int:
        """Read and hand over once; return how many events there were."""
        if self._allowed is not None:
            until = self._allowed(until)
        events = self.feed.read(until, limit)
        listener.deliver(events, self.feed.position_ns)
        self._unasked += len(events)
        return len(events)

    def _end_step(self) -> None:
        self._steps = None
        self._stood.set()
        self._woken.set()

    def restart(self) -> None:
        """Forget the end: the feed was moved (a jump, a loop) while nobody listened."""
        self.is_ended = False

    def _end(self) -> None:
        if self.is_ended:
            return
        self.is_ended = True
        self._end_step()
        log.info("feed_ended", at_end=self.at_end, position_ns=self.feed.position_ns)
        if self._on_end is not None:
            self._on_end(self.at_end)

    def _set_anchor(self) -> None:
        self._anchor = (self._monotonic(), self.feed.position_ns)

    def _due(self) -> int:
        """Return where market time should be now."""
        wall, market = self._anchor
        due = market + int((self._monotonic() - wall) * self.speed * SECOND_NS)
        if due - self.feed.position_ns > MAX_LAG_S * self.speed * SECOND_NS:
            self._set_anchor()
            return self.feed.position_ns + int(MAX_LAG_S * self.speed * SECOND_NS)
        return due

    def _pause(self) -> float:
        """Return how long to sleep until the next event or the next full market second, whichever is first."""
        position = self.feed.position_ns
        second = position - position % SECOND_NS + SECOND_NS + 1
        ahead = min(self.feed.next_ts() or second, second)
        wall, market = self._anchor
        wait = (ahead - market) / (self.speed * SECOND_NS) - (self._monotonic() - wall)
        return min(max(wait, MIN_SLEEP_S), MAX_SLEEP_S)


async def _drained(listener: Listener, limit: int, *, while_: Callable[[], bool]) -> None:
    """Return at once if at most `limit` events wait, else when none does.

    So a queue never grows without bound, whatever the speed, and an engine that handles data first comes to what it is
    asked, too.
    """
    turns = 0
    while while_() and listener.backlog() > (0 if turns else limit):
        turns += 1
        await asyncio.sleep(0 if turns < _EAGER_TURNS else _DRAIN_SLEEP_S)
