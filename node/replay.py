"""What the bridge may do with the player of the market: `ports.Replay`, and the loop of a recording."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal

import structlog
from prometheus_client import Counter, Gauge

from actors.market import INTERVALS, Interval, interval_of, utc_text
from actors.ports import Bars, Replay, ReplayPlay, ReplayState, gives
from actors.waiting import until
from adapters.steps import BarSteps, EventSteps, Steps
from config.errors import (
    ConflictError,
    InvalidInputError,
    NodeError,
    ShutdownError,
    StoreUnavailableError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
    VenueUnavailableError,
)
from node.host import NodeHost
from node.market import OpenMarket, Tape
from node.turning import OPEN_BOOKS, Books, obstacle

READY_S = 10.0
"""How long a jump is waited for."""
MILLI_NS = 1_000_000
STEP_S = 10.0
"""How long the answer to a step may take; a longer step goes on."""
SHOWN_S = 2.0
"""How long windows may take to show what a step has closed."""
_POLL_S = 0.005
_COMING = frozenset({"starting", "rebuilding", "failed"})
"""States of a node that will run."""

Move = Literal["jump", "restart", "loop"]
type Spawn = Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]

log = structlog.get_logger(__name__)

_moves = Counter("whisperer_replay_moves_total", "Times a recording was put to another time", ["move"])
_steps = Counter("whisperer_replay_steps_total", "Steps that a paused market was asked for")
_speed = Gauge("whisperer_replay_speed", "Market seconds per wall second, 0 is as fast as it goes")
_paused = Gauge("whisperer_replay_paused", "1 while market time stands still because somebody wants it to")


class ReplayControl(Replay):
    """Owner of nothing but the move under way; state is the player's."""

    def __init__(
        self,
        market: OpenMarket,
        host: NodeHost,
        bars: Bars,
        *,
        forget: Callable[[], None],
        settle: Callable[[int], None],
        is_ready: Callable[[], bool],
        on_change: Callable[[], None],
        spawn: Spawn,
        books: Books | None = None,
    ) -> None:
        """Take control.

        Args:
            market: Feed and player.
            host: Rebuilds the node.
            bars: Checks instruments and intervals.
            forget: Called between two nodes, when the feed stands elsewhere: whatever outlives a node begins anew.
            settle: Called with the market time (UNIX ns) at which a step has ended: bars that it ends are closed.
            is_ready: Whether the node can be used.
            on_change: Called after every change of what `state` tells.
            spawn: Runs what must not end with the request that asked for it.
            books: Of the traders; None: no orders are taken.
        """
        self._market = market
        self._player = market.player
        self._host = host
        self._bars = bars
        self._forget = forget
        self._settle = settle
        self._is_ready = is_ready
        self._on_change = on_change
        self._spawn = spawn
        self._books = books
        self._move: Move | None = None
        self._held: NodeError | None = None
        self._loops = 0
        _speed.set(self._player.speed)

    def state(self) -> ReplayState:
        """Return where it is."""
        tape = self._market.tape
        return ReplayState(
            is_replay=tape is not None,
            state=self._play(),
            speed=self._player.speed,
            position=self._player.position_ns,
            begin=None if tape is None else tape.start_ns,
            end=None if tape is None else tape.end_ns,
            at_end=None if tape is None else self._player.at_end,
            loops=self._loops,
        )

    def pause(self) -> None:
        """Let market time stand still."""
        self._player.pause()
        self.changed()

    def play(self) -> None:
        """Go on."""
        self._player.play()
        self.changed()

    def set_speed(self, speed: float) -> None:
        """Play at another speed from now on."""
        if speed == 0 and self._market.tape is None:
            raise InvalidInputError("speed must be above 0: a simulated market has no end to hurry to", path="$.speed")
        self._player.set_speed(speed)
        self._market.sped(speed)
        self.changed()

    async def step_bars(self, count: int, *, interval: str | None, instrument_id: str | None) -> None:
        """Play until `count` bars more have closed, then pause."""
        names, wanted = self._counted(interval, instrument_id)
        steps = BarSteps(self._player.feed, names, wanted, count)
        await self._step(steps)
        await self._shown(steps, wanted)

    async def step_events(self, count: int) -> None:
        """Play `count` events more, then pause."""
        await self._step(EventSteps(count))

    async def jump(self, to_ns: int, *, reset: bool) -> None:
        """Put the market to a time."""
        tape = self._tape()
        earliest = tape.start_ns - tape.start_ns % MILLI_NS  # as the wire tells it
        if not earliest <= to_ns <= tape.end_ns:
            span = f"{utc_text(tape.start_ns)} and {utc_text(tape.end_ns)}"
            raise InvalidInputError(
                f"to must lie between {span}, was {utc_text(to_ns)}: what is before is warm-up", path="$.to"
            )
        await self._put("jump", max(to_ns, tape.start_ns), is_reset=reset)

    async def restart(self, *, reset: bool) -> None:
        """Jump to the begin."""
        await self._put("restart", self._tape().start_ns, is_reset=reset)

    async def loop(self) -> None:
        """Begin again after the end, when what is under way is over; a jump away from the end is all that is needed."""
        while self._move is not None or self._host.state in _COMING:  # noqa: ASYNC110  # it depends on many parts
            await asyncio.sleep(_POLL_S)
        if self._player.is_ended and self._host.state == "running":
            if self._has_books():
                log.warning("replay_loop_held", reason="orders or positions are open; restart with reset: true")
                return
            self._loops += 1
            with suppress(ConflictError):
                await self._put("loop", self._tape().start_ns, is_reset=False)

    def _play(self) -> ReplayPlay:
        player = self._player
        if self._move is not None:
            return "jumping"
        if player.is_stepping:
            return "stepping"
        if player.is_ended:
            return "ended"
        return "paused" if player.is_paused else "playing"

    def _tape(self) -> Tape:
        if self._market.tape is None:
            raise ConflictError(
                "a simulated market cannot jump: it is a function of its seed and goes on; play a replay"
            )
        return self._market.tape

    def _counted(self, interval: str | None, instrument_id: str | None) -> tuple[list[str], Interval]:
        """Return whose bars a step counts, and of which interval."""
        if instrument_id is not None:
            wanted = self._bars.check(instrument_id, interval or self._recorded(instrument_id).name)
            return [instrument_id], wanted
        every = self._bars.instruments()
        wanted = interval_of(interval) if interval else min(map(self._recorded, every), key=lambda one: one.duration_ns)
        names = [name for name in every if gives(self._bars, name, wanted.name)]
        if not names:
            raise UnsupportedIntervalError(f"no instrument has bars of {wanted.name}")
        return names, wanted

    def _recorded(self, instrument_id: str) -> Interval:
        """Return the interval of recorded bars, of trades one minute."""
        if instrument_id not in self._bars.instruments():
            raise UnknownInstrumentError(f"no instrument {instrument_id[:60]!r} on this node")
        return INTERVALS[self._market.feed.native_interval(instrument_id) or "1m"]

    async def _step(self, steps: Steps) -> None:
        self._check_idle()
        if self._player.feed.next_ts() is None:
            raise ConflictError("there is nothing left to play: jump or restart first")
        if self._player.is_stepping:
            raise ConflictError("a step is under way already")
        _steps.inc()
        task = self._spawn(self._stepped(steps, self._player.step(steps)))
        self.changed()
        await asyncio.wait({task}, timeout=STEP_S)

    async def _shown(self, steps: BarSteps, interval: Interval) -> None:
        """Wait until the windows hold what has closed: after a hole they ask the source about it first."""
        await until(lambda: all(self._has(name, interval, ts) for name, ts in steps.closed.items()), SHOWN_S)

    def _has(self, instrument_id: str, interval: Interval, ts_open: int) -> bool:
        """Return whether a window has a bar; one that nobody has asked for yet is not waited for."""
        if not self._bars.is_loaded(instrument_id, interval.name):
            return True
        _, opens = self._bars.recent(instrument_id, interval.name, 1)
        return bool(opens) and opens[-1] >= ts_open

    async def _stepped(self, steps: Steps, stood: asyncio.Event) -> None:
        await stood.wait()
        if steps.is_done:
            self._settle(self._player.position_ns)
        self.changed()

    async def _put(self, move: Move, to_ns: int, *, is_reset: bool) -> None:
        """Rebuild the node elsewhere in time; it goes on when the one who asked has gone."""
        self._check_idle()
        if self._has_books() and not is_reset:
            raise ConflictError(OPEN_BOOKS)
        self._move = move
        task = self._spawn(self._moved(move, to_ns, is_reset=is_reset))
        await asyncio.wait({task})
        if isinstance(error := task.exception(), ConflictError | StoreUnavailableError):
            raise error
        if error is not None:
            raise VenueUnavailableError(f"the node did not come up there: {error}", retry_after_s=1.0) from error
        if not task.result():
            raise VenueUnavailableError("the market stands there, its windows are still loading", retry_after_s=1.0)

    async def _moved(self, move: Move, to_ns: int, *, is_reset: bool) -> bool:
        """Move; return whether the node became ready there, whatever has become of it since."""
        began = self._player.position_ns
        self.changed()
        try:
            await self._host.rebuild(lambda: self._seek(to_ns, is_reset=is_reset))
            if self._held is not None:
                raise self._held
            is_ready = await until(self._is_ready, READY_S)
        finally:
            self._move = None
            self.changed()
        _moves.labels(move).inc()
        log.info("replay_moved", move=move, was=utc_text(began), now=utc_text(to_ns))
        return is_ready

    async def _seek(self, to_ns: int, *, is_reset: bool) -> None:
        """Put the feed and all that outlives a node elsewhere, unless books hold it here."""
        self._held = await obstacle(self._books, is_reset=is_reset)
        if self._held is not None:
            return
        try:
            self._tape().seek(to_ns)
            self._player.restart()
            self._forget()
        finally:  # the journal has another run already
            if self._books is not None:
                await self._books.turn_back()

    def _has_books(self) -> bool:
        return self._books is not None and self._books.has_books()

    def _check_idle(self) -> None:
        if self._move is not None:
            raise ConflictError(f"a {self._move} is under way", retry_after_s=1.0)
        if self._host.state in {"stopping", "stopped"}:
            raise ShutdownError("the node is stopping")
        if self._host.state != "running":
            raise ConflictError(f"the node is {self._host.state}", retry_after_s=1.0)

    def changed(self) -> None:
        """Note that something of what `state` tells has changed, by the player itself at the end."""
        _speed.set(self._player.speed)
        _paused.set(self._player.is_paused)
        self._on_change()
