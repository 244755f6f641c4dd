"""The engine's clock with guarded timers."""

import functools
from collections.abc import Callable
from typing import Any

from nautilus_trader.common import Clock

_SETTERS = frozenset({"set_time_alert", "set_time_alert_ns", "set_timer", "set_timer_ns", "set_timer_zoned"})
_CALLBACK_AT = {"set_time_alert": 2, "set_time_alert_ns": 2, "set_timer": 4, "set_timer_ns": 4, "set_timer_zoned": 4}


class GuardedClock:
    """Everything the engine's clock can do; what a timer callback raises retires the strategy that set it.

    The engine only logs such an exception and lets the timer go on.
    """

    def __init__(self, clock: Clock, guard: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Wrap `clock`; `guard` returns a callback that never raises."""
        self._clock = clock
        self._guard = guard

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the engine's clock has
        found = getattr(self._clock, name)
        if name in _SETTERS:
            found = functools.partial(self._set, name, found)
        setattr(self, name, found)
        return found

    def _set(self, name: str, setter: Callable[..., Any], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        at, given = _CALLBACK_AT[name], list(args)
        if len(given) > at and given[at] is not None:
            given[at] = self._guard(given[at])
        elif kwargs.get("callback") is not None:
            kwargs["callback"] = self._guard(kwargs["callback"])
        setter(*given, **kwargs)
