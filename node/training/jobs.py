"""Trainings that a running node was asked for: `ports.Jobs`."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec import structs
from prometheus_client import Counter, Gauge

from actors.market import BarRow
from actors.ports import Bars, Journal
from actors.ports.jobs import JobListener, JobRow, TrainingWish
from actors.screening.model import INSTRUMENT_ID, INTERVAL
from actors.screening.model import KIND as ORDER_KIND
from config.errors import (
    ConflictError,
    IdempotencyConflictError,
    NotFoundError,
    StoreUnavailableError,
    UnknownInstrumentError,
)
from config.schema import NodeConfig
from config.training_errors import TrainingError
from node.market import OpenMarket
from node.training.audit import note_change
from node.training.job import Job, Word
from node.training.job_file import JobFile, newest
from node.training.process import Trainer
from node.training.wanted import wanted_job

log = structlog.get_logger(__name__)

TELL_S: Final = 0.2
"""Within one stage progress is told so seldom."""
CANCEL_S: Final = 10.0
"""How long a cancel waits for the end: ten times what the process is given, for a machine that is busy."""
_ended = Counter("whisperer_jobs_total", "Jobs that have ended", ["state"])
_running = Gauge("whisperer_jobs_running", "Jobs under way")
_not_kept = Counter("whisperer_jobs_not_kept_total", "Times the end of a job could not be written down")


class TrainingJobs:
    """One training at a time, in a process of its own; a file remembers all of them."""

    def __init__(
        self,
        config: NodeConfig,
        base_dir: Path,
        market: OpenMarket,
        bars: Bars,
        *,
        journal: Journal | None,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        """Read what earlier processes were asked for.

        Args:
            config: Market, signals and `[training]`.
            base_dir: Folder that paths of recorded files start from.
            market: Whose past is learnt from.
            bars: Knows the instruments.
            journal: Keeps who has started and cancelled what; None: this node keeps none.
            spawn: Runs a task of the process.
        """
        self.listener: JobListener | None = None
        """Hears every change."""
        self._config, self._base_dir, self._market, self._bars = config, base_dir, market, bars
        self._journal, self._spawn = journal, spawn
        self._trainer = Trainer()
        self._file = JobFile(Path(config.node.state_dir))
        self._rows = self._file.load()
        self._writing = asyncio.Lock()
        self._current: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        """Unset while a job is being written down, which its task does not run yet."""
        self._is_unwanted = False
        self._told_s = 0.0

    async def start(self, wish: TrainingWish, *, owner: str, key: str = "", rows: Sequence[BarRow] = ()) -> JobRow:
        """Begin a job; the same key and wish of the same owner again is the same job.

        Raises:
            ConflictError: If one is under way.
            IdempotencyConflictError: If the key was used for another wish.
            UnknownInstrumentError: If the node has no such instrument.
            UnsupportedIntervalError: If its bars cannot be had at this interval.
            StoreUnavailableError: If it cannot be written down.
        """
        again = self._asked_before(wish, owner, key)
        if again is not None:
            return again
        self._check(wish)
        if self._current is not None:
            raise ConflictError("a training is under way already")
        now_ms = _now_ms()
        job_id = f"job-{now_ms}-{secrets.token_hex(4)}"
        row = JobRow(job_id=job_id, owner=owner, state="running", wish=wish, created_ms=now_ms, key=key)
        self._current, self._is_unwanted = job_id, False
        self._begun.clear()
        try:
            job = await self._prepared(row, rows)
        except BaseException:
            self._current = None
            self._rows.pop(job_id, None)
            self._begun.set()
            raise
        _running.set(1)
        note_change(self._journal, owner, "job.start", job_id, **structs.asdict(wish))
        self._tell(row)
        self._task = self._spawn(self._run(job_id, job))
        self._begun.set()
        return row

    def _check(self, wish: TrainingWish) -> None:
        if wish.model != ORDER_KIND:
            self._bars.check(wish.instrument_id, wish.interval)
        elif (wish.instrument_id, wish.interval) != (INSTRUMENT_ID, INTERVAL):
            raise UnknownInstrumentError(f"the model of orders is of {INSTRUMENT_ID} at {INTERVAL}")

    def jobs(self, owner: str | None = None) -> Sequence[JobRow]:
        """Return jobs, newest first; None: everybody's."""
        return [row for row in reversed(self._rows.values()) if owner in {None, row.owner}]

    def job(self, job_id: str, owner: str | None = None) -> JobRow:
        """Return one job; None: whosever it is.

        Raises:
            NotFoundError: If there is none, or it is somebody else's.
        """
        row = self._rows.get(job_id)
        if row is None or owner not in {None, row.owner}:
            raise NotFoundError("no such job")
        return row

    async def cancel(self, job_id: str, owner: str | None = None, *, actor: str) -> JobRow:
        """Stop a job and return it when it has ended; one that was cancelled before stays so.

        Raises:
            NotFoundError: If there is none, or it is somebody else's.
            ConflictError: If it has ended otherwise.
        """
        row = self.job(job_id, owner)
        if row.state == "running" and job_id == self._current:
            if not self._is_unwanted:
                note_change(self._journal, actor, "job.cancel", job_id)
            self._is_unwanted = True
            self._trainer.cancel()
            await self.ended(job_id, CANCEL_S)
            row = self.job(job_id, owner)
        if row.state not in {"cancelled", "running"}:
            raise ConflictError(f"the job has {row.state} already")
        return row

    async def ended(self, job_id: str, timeout_s: float | None = None) -> None:
        """Return when a job has ended, or the time is up."""
        if job_id == self._current:
            await self._begun.wait()
        if job_id == self._current and self._task is not None:
            await asyncio.wait([self._task], timeout=timeout_s)

    def _asked_before(self, wish: TrainingWish, owner: str, key: str) -> JobRow | None:
        found = next((row for row in self.jobs(owner) if key and row.key == key), None)
        if found is not None and found.wish != wish:
            raise IdempotencyConflictError("this Idempotency-Key was used for another job")
        return found

    async def _prepared(self, row: JobRow, rows: Sequence[BarRow]) -> Job:
        """Write a job down and return what its process is asked."""
        job = await asyncio.to_thread(
            wanted_job, self._config, self._base_dir, self._market, row.wish, row.created_ms, rows=rows
        )
        self._rows[row.job_id] = row
        try:
            await self._keep()
        except OSError as e:
            raise StoreUnavailableError(f"the job cannot be written down: {e.strerror}") from e
        return job

    async def _run(self, job_id: str, job: Job) -> None:
        """Train to the end, whatever that is; the node's own end is seen by its next start."""
        try:
            if self._is_unwanted:
                raise TrainingError("training: cancelled", is_cancelled=True)  # noqa: TRY301  # as if it had begun
            word = await self._trainer.train(job, self._hear, deadline_s=self._config.training.deadline_s)
            self._end(job_id, state="finished", model_id=word.model_id, is_promoted=word.is_promoted)
        except TrainingError as e:
            state = "cancelled" if e.is_cancelled else "failed"
            code = "" if e.is_cancelled else self._rows[job_id].code or e.code
            self._end(job_id, state=state, code=code, error=str(e))
        except Exception as e:  # the boundary of the job: whatever it was, the next one must be possible
            log.exception("job_broke", job_id=job_id)
            self._end(job_id, state="failed", code="internal", error=f"{type(e).__name__}: see the node's log")
        finally:
            self._current = None
            _running.set(0)
        try:
            await self._keep()
        except OSError:
            _not_kept.inc()
            log.exception("job_not_kept", job_id=job_id)

    def _hear(self, word: Word) -> None:
        """Tell progress: each stage, and within one a few times a second."""
        row = self._rows[self._current or ""]
        now_s = time.monotonic()
        if word.stage == row.stage and word.done < word.of and now_s - self._told_s < TELL_S:
            return
        if word.stage in {"finished", "failed"}:  # told when the process has ended
            self._rows[row.job_id] = structs.replace(row, code=word.code, message=word.message)
            return
        self._told_s = now_s
        self._tell(structs.replace(row, stage=word.stage, done=word.done, of=word.of, message=word.message))

    def _end(self, job_id: str, **changed: Any) -> None:  # noqa: ANN401  # fields of a row
        row = structs.replace(self._rows[job_id], **changed, ended_ms=_now_ms())
        _ended.labels(row.state).inc()
        log.info("job_ended", job_id=job_id, state=row.state, model=row.model_id, error=row.error)
        if row.is_promoted:
            note_change(self._journal, row.owner, "model.promote", row.model_id, job_id=job_id)
        self._tell(row)

    def _tell(self, row: JobRow) -> None:
        self._rows[row.job_id] = row
        if self.listener is not None:
            self.listener.job(row)

    async def _keep(self) -> None:
        async with self._writing:
            self._rows = newest(self._rows)
            await asyncio.to_thread(self._file.save, dict(self._rows))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
