"""Wire body of a job: what was asked, how far it is, how it ended."""

from typing import Literal, get_args

from msgspec import Struct

from actors.ports.jobs import JobRow, JobState
from actors.wire import Millis
from config.errors import ErrorCode
from config.training import JobKind, TrainedInterval


class JobBody(Struct, frozen=True, kw_only=True):
    """One job as it is now."""

    job_id: str
    kind: Literal["training"]
    state: JobState
    """`running`, then `finished`, `failed` or `cancelled`."""
    user_id: str
    """Who has asked; `node`: the schedule."""
    instrument_id: str
    interval: TrainedInterval
    model: JobKind
    days: int | None
    """Market days learnt from; null: as many as configured."""
    seed: int
    promote: bool
    """Whether the model is promoted if the gate lets it through."""
    candles: int
    """How many candles were given to learn from; 0: it learns from the node's own history."""
    stage: str
    """What it does, or was doing when it ended."""
    done: int
    of: int
    """The stage is complete when as many are `done`."""
    message: str
    model_id: str | None
    """Of the model that it has made."""
    is_promoted: bool
    code: ErrorCode | None
    """Why it failed; null unless it has."""
    error: str | None
    """The same in words."""
    ts: Millis
    """When it began, wall time."""
    ts_end: Millis | None


def job_body(row: JobRow) -> JobBody:
    """Return a job on the wire."""
    wish = row.wish
    return JobBody(
        job_id=row.job_id,
        kind="training",
        state=row.state,
        user_id=row.owner,
        instrument_id=wish.instrument_id,
        interval=wish.interval,
        model=wish.model,
        days=wish.days,
        seed=wish.seed,
        promote=wish.promote,
        candles=wish.candles,
        stage=row.stage,
        done=row.done,
        of=row.of,
        message=row.message,
        model_id=row.model_id or None,
        is_promoted=row.is_promoted,
        code=_code(row.code),
        error=row.error or None,
        ts=row.created_ms,
        ts_end=row.ended_ms,
    )


def _code(text: str) -> ErrorCode | None:
    """Return a code of the closed list; what a process says that is none of it is `job_failed`."""
    if not text:
        return None
    known: tuple[ErrorCode, ...] = get_args(ErrorCode)
    return next((code for code in known if code == text), "job_failed")
