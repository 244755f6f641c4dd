"""The jobs that this node was asked for, in a file of the state folder, so that a restart knows them."""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import structs
from prometheus_client import Counter as Metric

from actors.ports.jobs import JobRow
from actors.signal.models.disk import replace_file

log = structlog.get_logger(__name__)

FILE_NAME: Final = "jobs.json"
MOST_EACH: Final = 50
"""Jobs that are remembered of each owner, the newest."""
_not_read = Metric("whisperer_jobs_not_read_total", "Times the file of jobs was damaged and put aside")
_decoder = msgspec.json.Decoder(list[JobRow])


class JobFile:
    """Waits for the disk."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which exists."""
        self._path = folder / FILE_NAME

    def load(self) -> dict[str, JobRow]:
        """Return the jobs, oldest first; what ran when the file was written has failed since.

        A damaged file is put aside.
        """
        try:
            rows = _decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as e:
            _not_read.inc()
            log.exception("jobs_not_read", path=str(self._path), reason=type(e).__name__)
            if not isinstance(e, OSError):
                self._path.replace(self._path.with_suffix(".damaged"))
            return {}
        return {row.job_id: _ended(row) for row in rows}

    def save(self, rows: Mapping[str, JobRow]) -> None:
        """Write the newest jobs of each owner.

        Raises:
            OSError: If the disk refuses.
        """
        replace_file(self._path, msgspec.json.encode(list(newest(rows).values())))


def newest(rows: Mapping[str, JobRow]) -> dict[str, JobRow]:
    """Return jobs without those of which an owner has too many newer ones."""
    counts: Counter[str] = Counter()
    kept: list[JobRow] = []
    for row in reversed(list(rows.values())):
        counts[row.owner] += 1
        if counts[row.owner] <= MOST_EACH:
            kept.append(row)
    return {row.job_id: row for row in reversed(kept)}


def _ended(row: JobRow) -> JobRow:
    if row.state != "running":
        return row
    ended_ms = time.time_ns() // 1_000_000
    return structs.replace(row, state="failed", code="shutdown", error="the node ended while it ran", ended_ms=ended_ms)
