"""Messages of channel `jobs`."""

from actors.bridge.wire_messages import Snapshot, Update
from actors.wire_jobs import JobBody


class JobUpdate(Update, frozen=True, kw_only=True, tag="job"):
    """Channel `jobs`: a job of yours has got on, or has ended."""

    data: JobBody


class JobsSnapshot(Snapshot, frozen=True, kw_only=True, tag="snapshot"):
    """The running jobs; earlier ones are in `GET /api/v1/jobs`."""

    data: tuple[JobBody, ...]
