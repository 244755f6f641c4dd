"""`/api/v1/jobs`: trainings on a running node: begin one, watch it, cancel it; channel `jobs` tells progress."""

from typing import Annotated, ClassVar, Literal, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.context import Context
from actors.bridge.rest.pages import page_of
from actors.bridge.rest.query import CursorParam, Limit
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, person_of, routes
from actors.bridge.routes.audit import administers
from actors.bridge.routes.models import TAG
from actors.ports.identity import Principal
from actors.ports.jobs import Jobs, TrainingWish
from actors.screening.model import INTERVAL
from actors.screening.model import KIND as ORDER_KIND
from actors.wire_jobs import JobBody, job_body
from config.errors import (
    ConflictError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidInputError,
    NotFoundError,
    StoreUnavailableError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
)
from config.fields import InstrumentName
from config.training import JobKind, TrainedInterval

_PARAMETERS = {"job_id": "id of the job"}
_KEY = "Idempotency-Key"
_MOST_KEY = 64


class JobWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training; what is not said stands in the configuration's `[training]`."""

    kind: Literal["training"] = "training"
    instrument_id: InstrumentName
    """Of `order_gbt` `ALL.ORDERS`."""
    interval: TrainedInterval | UnsetType = UNSET
    model: JobKind = "gbt"
    """`order_gbt` learns from the orders that the node has judged and been told of; for admins, whoever sent them."""
    days: Annotated[int, Meta(ge=1, le=3_650)] | UnsetType = UNSET
    """Market days before now; without it `training.days` of a simulated market, all of a recording's past."""
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 7
    promote: bool = False
    """Whether the model is promoted if the gate lets it through; for admins."""


class JobsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET


class JobList(Struct, frozen=True, kw_only=True):
    """Jobs, newest first."""

    items: tuple[JobBody, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


@routes.register("GET /api/v1/jobs")
class GetJobs(Route[JobsQuery]):
    """List your jobs, newest first; for admins everybody's, and those of the schedule."""

    query = JobsQuery
    reply: ClassVar[type[Struct]] = JobList
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: JobsQuery) -> Answer:
        owner = _whose(person_of(call))
        found = jobs_of(self.context).jobs(owner)
        question = f"jobs {owner}"
        shown, following = page_of(
            found, lambda row: row.created_ms, limit=query.limit, cursor=query.cursor, question=question
        )
        return json_answer(JobList(items=tuple(map(job_body, shown)), next=following))


@routes.register("POST /api/v1/jobs")
class PostJob(Route[NoQuery]):
    """Begin a training in a process of its own, on the past of the node's market; one at a time.

    The answer names it; a candidate is among the models when it has finished. The same `Idempotency-Key` and body again
    is the same job.
    """

    body = JobWish
    reply: ClassVar[type[Struct]] = JobBody
    status = 202
    tag = TAG
    problems = (
        ConflictError,
        ForbiddenError,
        IdempotencyConflictError,
        NotFoundError,
        StoreUnavailableError,
        UnknownInstrumentError,
        UnsupportedIntervalError,
    )

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked, principal = body_of(call, JobWish), person_of(call)
        is_of_orders = asked.model == ORDER_KIND
        if asked.promote or is_of_orders:
            principal.require("admin", need="admin")
        key = call.headers.get(_KEY, "")
        if len(key) > _MOST_KEY:
            raise InvalidInputError(f"{_KEY} must have at most {_MOST_KEY} characters", path=f"$.{_KEY}")
        wish = TrainingWish(
            instrument_id=asked.instrument_id,
            interval=INTERVAL if is_of_orders else asked.interval or self.context.config.training.interval,
            model=asked.model,
            days=None if asked.days is UNSET else asked.days,
            seed=asked.seed,
            promote=asked.promote,
        )
        row = await jobs_of(self.context).start(wish, owner=principal.user_id, key=key)
        return json_answer(job_body(row), status=202, headers={"Location": f"/api/v1/jobs/{row.job_id}"})


@routes.register("GET /api/v1/jobs/{job_id}")
class GetJob(Route[NoQuery]):
    """Tell how far a job of yours is, or how it ended."""

    reply: ClassVar[type[Struct]] = JobBody
    parameters = _PARAMETERS
    tag = TAG
    problems = (NotFoundError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        owner = _whose(person_of(call))
        return json_answer(job_body(jobs_of(self.context).job(call.path["job_id"], owner)))


@routes.register("DELETE /api/v1/jobs/{job_id}")
class CancelJob(Route[NoQuery]):
    """Cancel a job of yours; nothing is kept of what it was making. 409 when it has ended already."""

    reply: ClassVar[type[Struct]] = JobBody
    parameters = _PARAMETERS
    tag = TAG
    problems = (NotFoundError, ConflictError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        principal, jobs = person_of(call), jobs_of(self.context)
        row = await jobs.cancel(call.path["job_id"], _whose(principal), actor=principal.user_id)
        return json_answer(job_body(row))


def jobs_of(context: Context) -> Jobs:
    """Return who runs jobs.

    Raises:
        NotFoundError: If nobody does.
    """
    if context.jobs is None:
        raise NotFoundError("this node runs no jobs")
    return context.jobs


def _whose(principal: Principal) -> str | None:
    """Return whose jobs somebody may see; None: everybody's."""
    return None if administers(principal) else principal.user_id
