"""When sessions and API keys were used last: in memory at once, in the journal once a minute."""

from collections.abc import Callable, Iterable

from msgspec import Struct

WRITTEN_EVERY_S = 60.0


class _Use(Struct):
    """The last use of one thing, on both clocks."""

    monotonic_s: float
    wall_ms: int
    written_s: float
    """When it was written last, on the monotonic clock."""
    is_written: bool = True


class Activity:
    """Last uses by id; idleness is told by the monotonic clock, so that a jump of the wall clock ends nothing."""

    def __init__(self, now_ms: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._uses: dict[str, _Use] = {}

    def begin(self, name: str, used_ms: int) -> None:
        """Take up something that was used last at a wall time, written already."""
        if name not in self._uses:
            now = self._monotonic()
            idle_s = max(0, self._now_ms() - used_ms) / 1000
            self._uses[name] = _Use(now - idle_s, used_ms, now)

    def note(self, name: str) -> None:
        """Note a use now; nothing for what was never begun."""
        if (use := self._uses.get(name)) is not None:
            use.monotonic_s = self._monotonic()
            use.wall_ms = self._now_ms()
            use.is_written = False

    def end(self, name: str) -> None:
        """Forget about it."""
        self._uses.pop(name, None)

    def idle_s(self, name: str) -> float:
        """Return seconds since the last use; 0 of what is not known."""
        use = self._uses.get(name)
        return 0.0 if use is None else self._monotonic() - use.monotonic_s

    def used_ms(self, name: str, default: int) -> int:
        """Return the wall time of the last use."""
        use = self._uses.get(name)
        return default if use is None else max(default, use.wall_ms)

    def due(self, *, is_last: bool = False) -> Iterable[str]:
        """Return what was used since it was written a minute ago, or `is_last`: ever."""
        now = self._monotonic()
        return [
            name
            for name, use in self._uses.items()
            if not use.is_written and (is_last or now - use.written_s >= WRITTEN_EVERY_S)
        ]

    def written(self, name: str) -> None:
        """Note that the last use stands in the journal."""
        if (use := self._uses.get(name)) is not None:
            use.is_written, use.written_s = True, self._monotonic()
