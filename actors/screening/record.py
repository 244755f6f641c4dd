"""The prediction log: one JSON object a line, written by a thread of its own so that no answer waits for a disk."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore

import msgspec
import structlog
from msgspec import Struct
from prometheus_client import Counter

from actors.screening.candidate import NAMES
from actors.screening.verdict import Verdict

MOST_WAITING = 1_000
"""Batches that wait for the disk; above it they are dropped and counted."""

log = structlog.get_logger(__name__)
_dropped = Counter("whisperer_screening_lines_dropped_total", "Lines of the prediction log that could not be kept")


class Line(Struct, frozen=True, kw_only=True):
    """One line."""

    timestamp: str
    """Market time, RFC 3339."""
    symbol: str
    strategy: str
    strikes: tuple[float, ...]
    premium: float | None
    risk: float | None
    reward: float | None
    win_probability: float | None
    """None: abstained."""
    confidence: float
    threshold: float
    approved: bool
    prediction_time_ms: float
    model_version: str
    order_id: str
    reasons: tuple[str, ...]


def line_of(verdict: Verdict) -> Line:
    """Return a verdict as its line."""
    candidate = verdict.candidate
    return Line(
        timestamp=datetime.fromtimestamp(verdict.ts / 1e9, UTC).isoformat(timespec="milliseconds"),
        symbol=candidate.symbol[:24],
        strategy=NAMES[candidate.kind],
        strikes=tuple(sorted(candidate.strikes)),
        premium=candidate.premium,
        risk=verdict.risk,
        reward=verdict.reward,
        win_probability=verdict.probability,
        confidence=verdict.confidence,
        threshold=verdict.threshold,
        approved=verdict.recommendation == "EXECUTE",
        prediction_time_ms=round(verdict.seconds * 1_000, 3),
        model_version=verdict.model,
        order_id=candidate.order_id[:64],
        reasons=verdict.reasons,
    )


class PredictionLog:
    """Owner of the file and of the one before it."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        """Write to `path`, in a folder that is made if need be; above `most_bytes` it is moved to `path.1`."""
        self._path, self._most = path, most_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predictions")
        self._room = BoundedSemaphore(MOST_WAITING)
        self._is_failing = False

    def record(self, verdicts: Sequence[Verdict]) -> None:
        """Have verdicts written; returns at once."""
        if not self._most or not verdicts:
            return
        if not self._room.acquire(blocking=False):
            _dropped.inc(len(verdicts))
            return
        self._thread.submit(self._write, tuple(verdicts))

    def close(self) -> None:
        """Wait until everything is written."""
        self._thread.shutdown()

    def _write(self, verdicts: tuple[Verdict, ...]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size >= self._most:
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            with self._path.open("ab") as file:
                file.writelines(msgspec.json.encode(line_of(one)) + b"\n" for one in verdicts)
            self._is_failing = False
        except OSError as e:
            _dropped.inc(len(verdicts))
            if not self._is_failing:
                log.warning("predictions_not_kept", path=str(self._path), reason=type(e).__name__)
            self._is_failing = True
        finally:
            self._room.release()
