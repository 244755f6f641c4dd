"""An exception faults one component, is counted and shown, never the node."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import structlog
from msgspec import Struct

log = structlog.get_logger(__name__)

_SELF_AND_ONE = 2


class Fault(Struct, frozen=True, kw_only=True):
    """One exception that left a callback."""

    component: str
    handler: str
    error: str
    """Type and message, for `/health`; the traceback is in the log."""


class Faults:
    """The faults of one component: a plain object, safe to touch inside any engine callback.

    The engine logs an exception that leaves a callback and lets the component run on half-updated; so the first
    fault mutes the component (its guarded handlers do nothing any more) and tells its owner, who replaces it in a
    later turn of the loop: a strategy is retired, an actor of the node comes back with a rebuilt engine.
    """

    def __init__(self, component: str, retire: Callable[[Fault], None] | None = None) -> None:
        """Prepare an empty list.

        Args:
            component: Name shown to people, for example `signal`.
            retire: Called with the first fault, inside the failing callback: it must only note or schedule.
        """
        self.component = component
        self.found: list[Fault] = []
        self.is_muted = False
        self._listeners = [] if retire is None else [retire]

    def tell(self, listener: Callable[[Fault], None]) -> None:
        """Have one more told of the first fault, inside the failing callback: it must only note or schedule."""
        self._listeners.append(listener)

    def record(self, handler: str, error: Exception) -> None:
        """Log and count an exception, mute the component and have it retired."""
        fault = Fault(component=self.component, handler=handler, error=f"{type(error).__name__}: {error}")
        self.found.append(fault)
        log.error("component_faulted", component=self.component, handler=handler, exc_info=error)
        if not self.is_muted:
            self.is_muted = True
            for listener in self._listeners:
                listener(fault)


def guarded[**P](handler: Callable[P, None]) -> Callable[P, None]:
    """Wrap a method of an object that has `faults`: an exception is recorded there and goes no further."""

    @wraps(handler)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        faults: Faults = args[0].faults  # type: ignore[attr-defined]  # the shells' own attribute
        if faults.is_muted:
            return
        try:
            handler(*args, **kwargs)
        except Exception as e:  # noqa: BLE001  # the boundary between one component and all the others
            faults.record(handler.__qualname__, e)

    @wraps(handler)
    def call_with_one(self: Any, message: Any) -> None:  # noqa: ANN401  # the same without packing: once a bar or tick
        if self.faults.is_muted:
            return
        try:
            handler(self, message)  # type: ignore[call-arg]  # as its signature says
        except Exception as e:  # noqa: BLE001  # the boundary between one component and all the others
            self.faults.record(handler.__qualname__, e)

    chosen: Any = call_with_one if len(signature(handler).parameters) == _SELF_AND_ONE else call
    chosen.is_guarded = True
    return chosen  # type: ignore[no-any-return]
