"""`jobs`: how the user's jobs are getting on."""

from typing import override

import msgspec

from actors.bridge.channel import Channel, channels
from actors.bridge.context import Context
from actors.bridge.job_messages import JobsSnapshot, JobUpdate
from actors.ports.identity import LOCAL
from actors.wire_jobs import job_body
from config.errors import UnknownChannelError


@channels.register("jobs")
class JobChannel(Channel):
    """A snapshot has the running ones; where everybody is the local person, also those of the schedule."""

    kind = "log"
    is_private = True
    forms = ("jobs",)
    update = JobUpdate
    snapshot_message = JobsSnapshot

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Refuse parameters, and nodes that run none."""
        super().__init__(context, params, owner)
        if params:
            raise UnknownChannelError("the channel of your jobs has no parameters: it is always yours")
        if context.jobs is None:
            raise UnknownChannelError("this node runs no jobs")

    @override
    def snapshot(self) -> list[bytes]:
        jobs = self.context.jobs
        if jobs is None:
            return []
        everybodys = self.context.identity.mode == "off" and self.owner == LOCAL.user_id
        rows = jobs.jobs(None if everybodys else self.owner)
        return [msgspec.json.encode(job_body(row)) for row in reversed(rows) if row.state == "running"]
