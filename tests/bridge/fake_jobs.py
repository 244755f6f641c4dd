"""Jobs that a test begins, moves on and ends by hand; as many at once as it likes."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from msgspec import structs

from actors.market import BarRow
from actors.ports.jobs import JobListener, JobRow, TrainingWish
from config.errors import ConflictError, NotFoundError

WISH = TrainingWish(instrument_id="BTC-USDT.SIM", interval="5m", model="gbt", days=None, seed=7, promote=False)


class FakeJobs:
    """Implements `ports.Jobs`; nothing happens by itself."""

    def __init__(self) -> None:
        self.listener: JobListener | None = None
        self.rows: dict[str, JobRow] = {}
        self.given: list[BarRow] = []
        """Bars of the newest job."""
        self._numbers = count(1)

    async def start(self, wish: TrainingWish, *, owner: str, key: str = "", rows: Sequence[BarRow] = ()) -> JobRow:
        self.given = list(rows)
        number = next(self._numbers)
        row = JobRow(
            job_id=f"job-{number}-{owner[:8]}", owner=owner, state="running", wish=wish, created_ms=number, key=key
        )
        self.tell(row)
        return row

    def jobs(self, owner: str | None = None) -> Sequence[JobRow]:
        return [row for row in reversed(list(self.rows.values())) if owner in {None, row.owner}]

    def job(self, job_id: str, owner: str | None = None) -> JobRow:
        row = self.rows.get(job_id)
        if row is None or owner not in {None, row.owner}:
            raise NotFoundError("no such job")
        return row

    async def cancel(self, job_id: str, owner: str | None = None, *, actor: str) -> JobRow:
        row = self.job(job_id, owner)
        if row.state != "running":
            raise ConflictError(f"the job has {row.state} already")
        return self.go_on(job_id, state="cancelled", ended_ms=row.created_ms + 1)

    def go_on(self, job_id: str, **changed: Any) -> JobRow:
        """Change a job and tell it."""
        row = structs.replace(self.rows[job_id], **changed)
        self.tell(row)
        return row

    def tell(self, row: JobRow) -> None:
        self.rows[row.job_id] = row
        if self.listener is not None:
            self.listener.job(row)
