"""Long work beside the loop: what is asked, how far it is, how it ended."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from actors.market import BarRow
from config.training import JobKind, TrainedInterval

NODE = "node"
"""Owner of the jobs that nobody has asked for."""
JobState = Literal["running", "finished", "failed", "cancelled"]


class TrainingWish(Struct, frozen=True, kw_only=True):
    """Which model is to be trained; the rest stands in `[training]`."""

    instrument_id: str
    """Of the model of orders `ALL.ORDERS`, at 1d."""
    interval: TrainedInterval
    model: JobKind
    days: int | None
    """Market days before now; None: `training.days` of a simulated market, all of a recording's past."""
    seed: int
    promote: bool
    """Whether the model is promoted if the gate lets it through."""
    candles: int = 0
    """How many bars were given to learn from; 0: it learns from the node's own history."""


class JobRow(Struct, frozen=True, kw_only=True):
    """One job as it is now."""

    job_id: str
    owner: str
    """A user, or `node`."""
    state: JobState
    wish: TrainingWish
    stage: str = "start"
    """What it does."""
    done: int = 0
    of: int = 1
    """The stage is complete when as many are `done`."""
    message: str = ""
    model_id: str = ""
    """Of the model that it has made."""
    is_promoted: bool = False
    code: str = ""
    """Why it failed: an error code, and below it in words."""
    error: str = ""
    created_ms: int
    """Wall clock, UNIX milliseconds."""
    ended_ms: int | None = None
    key: str = ""
    """`Idempotency-Key` that it was asked with."""


class JobListener(Protocol):
    """Hears how jobs are getting on, on the owner loop."""

    def job(self, row: JobRow) -> None:
        """Tell a job's new state."""


class Jobs(Protocol):
    """Runs jobs, one at a time; what was asked and how it ended outlives the process."""

    async def start(self, wish: TrainingWish, *, owner: str, key: str = "", rows: Sequence[BarRow] = ()) -> JobRow:
        """Begin a job; the same key and wish of the same owner again is the same job.

        Args:
            wish: What is wanted.
            owner: Who wants it.
            key: `Idempotency-Key` of the request.
            rows: Closed bars to learn from instead of the node's history, as many as the wish says, oldest first.

        Raises:
            ConflictError: If one is under way.
            IdempotencyConflictError: If the key was used for another wish.
            UnknownInstrumentError: If the node has no such instrument.
            UnsupportedIntervalError: If its bars cannot be had at this interval.
            StoreUnavailableError: If it cannot be written down.
        """

    def jobs(self, owner: str | None = None) -> Sequence[JobRow]:
        """Return jobs, newest first; None: everybody's."""

    def job(self, job_id: str, owner: str | None = None) -> JobRow:
        """Return one job; None: whosever it is.

        Raises:
            NotFoundError: If there is none, or it is somebody else's.
        """

    async def cancel(self, job_id: str, owner: str | None = None, *, actor: str) -> JobRow:
        """Stop a job and return it when it has ended; one that was cancelled before stays so.

        Raises:
            NotFoundError: If there is none, or it is somebody else's.
            ConflictError: If it has ended otherwise.
        """
