"""What a hub runs on without a real loop: turns and time that the test moves, sockets whose readers can stall."""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

MOST_TURNS = 20_000
"""Turns, and timers, after which a fake loop has run wild."""


class FakeLoop:
    """Turns of a loop that happen when the test says so, on a clock that stands still in between."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._soon: list[Callable[[], object]] = []
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self.after_turn: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    monotonic = time

    def wall_ms(self) -> int:
        return int(self.now * 1_000)

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self._soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Any:
        heapq.heappush(self._later, (self.now + delay, next(self._numbers), callback))

    def turn(self) -> None:
        """Do what was to be done in the next turn."""
        due, self._soon = self._soon, []
        for callback in due:
            callback()
        self.after_turn()

    def settle(self) -> None:
        """Turn until nothing is left to do, which must come soon: a loop that never rests fails instead of hanging."""
        for _ in range(MOST_TURNS):
            if not self._soon:
                return
            self.turn()
        raise AssertionError(f"still not at rest after {MOST_TURNS} turns: {self._soon[:3]}")

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens in it."""
        end, rung = self.now + seconds, 0
        self.settle()
        while self._later and self._later[0][0] <= end:
            self.now, _, callback = heapq.heappop(self._later)
            callback()
            self.after_turn()
            self.settle()
            rung += 1
            assert rung <= MOST_TURNS, f"{rung} timers within {seconds} s, the last one: {callback}"
        self.now = end


class FakeSocket:
    """A transport whose reader may stall: then what is written stays in its buffer."""

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self.is_stalled = False
        self.is_closed = False
        self.writes = 0
        self._receive = receive
        self._kept = bytearray()

    def write(self, data: bytes, /) -> None:
        assert not self.is_closed, "written after the close"
        self.writes += 1
        self._kept += data
        if not self.is_stalled:
            self.read()

    def get_write_buffer_size(self) -> int:
        return len(self._kept)

    def is_closing(self) -> bool:
        return self.is_closed

    def read(self, size: int | None = None) -> None:
        """Let the reader take some bytes, or all."""
        size = len(self._kept) if size is None else size
        taken, self._kept = bytes(self._kept[:size]), self._kept[size:]
        self._receive(taken)
