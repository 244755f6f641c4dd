"""Whether a service is up, by its last answers; says once when that changes."""

from collections.abc import Callable

import structlog
from prometheus_client import Gauge

from actors.signal.outside.breaker import BreakerState

log = structlog.get_logger(__name__)

DOWN_AFTER = 3
"""Questions in a row without a usable answer that make a service down."""

_down = Gauge("whisperer_ai_down", "Whether an AI service is down", ["service"])


class Health:
    """Counts the questions of one service that had no usable answer."""

    def __init__(self, name: str, on_change: Callable[[], None]) -> None:
        """Start well.

        Args:
            name: Of the service.
            on_change: Told when it is down and when it is back.
        """
        self.is_down = False
        """Whether the last questions all failed."""
        self.reason = ""
        """Why the last one failed; empty: it did not."""
        self._name = name
        self._on_change = on_change
        self._failed = 0
        _down.labels(name).set(0)

    def succeed(self) -> None:
        """Count a usable answer."""
        self._failed, self.reason = 0, ""
        if self.is_down:
            self.is_down = False
            _down.labels(self._name).set(0)
            log.info("ai_service_back", service=self._name)
            self._on_change()

    def fail(self, reason: str) -> None:
        """Count a question without one."""
        self._failed += 1
        self.reason = reason
        if not self.is_down and self._failed >= DOWN_AFTER:
            self.is_down = True
            _down.labels(self._name).set(1)
            log.warning("ai_service_down", service=self._name, reason=reason, failed=self._failed)
            self._on_change()

    def trouble(self, breaker: BreakerState) -> str | None:
        """Return what people should know, in words; None: all is well."""
        if not self.is_down:
            return None
        state = {"closed": "", "open": ", left alone for a while", "half_open": ", being tried"}[breaker]
        return f"AI service {self._name} is down: {self.reason}{state}"
