"""From the jobs to the hub: each is told to who has asked for it, and where everybody is one person, to that one."""

import msgspec

from actors.bridge.context import Context
from actors.bridge.hub import Hub
from actors.ports.identity import LOCAL
from actors.ports.jobs import JobRow
from actors.wire_jobs import job_body

CHANNEL = "jobs"


class JobRelay:
    """The `JobListener` of the process."""

    def __init__(self, hub: Hub, context: Context) -> None:
        """Start with a hub that may have streams already."""
        self._hub = hub
        self._is_open = context.identity.mode == "off"

    def job(self, row: JobRow) -> None:
        """Tell a job's new state."""
        stream = self._hub.streams.find(CHANNEL, LOCAL.user_id if self._is_open else row.owner)
        if stream is not None:
            self._hub.publish(stream, (msgspec.json.encode(job_body(row)),))
