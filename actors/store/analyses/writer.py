"""The thread that writes analyses: what is in line becomes one transaction; trouble is waited out."""

import sqlite3
import threading
import time
from pathlib import Path

import structlog
from prometheus_client import Counter

from actors.store.analyses.queue import Line, Row
from actors.store.analyses.rows import STEPS, write
from actors.store.analyses.upkeep import Upkeep
from actors.store.opening import open_writer, which_file
from config.analyses import AnalysesSection
from config.errors import ConfigError

BATCH = 1_000
"""Rows of one transaction at the most."""
GATHER_S = 0.1
"""What comes so soon after the first is written with it: many bars close in the same second."""
RETRY_S = 1.0
"""Until the file is tried again."""
IDLE_S = 60.0
UNWRITABLE = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
)
"""What a row does that can never be written."""

log = structlog.get_logger(__name__)
_rows = Counter("whisperer_analyses_written", "Analyses and outcomes that reached the file")
_failures = Counter("whisperer_analyses_failures", "Transactions that the disk did not take; their rows are kept")
_refused = Counter("whisperer_analyses_refused", "Rows that can never be written, left out")
_deleted = Counter("whisperer_analyses_deleted", "Analyses deleted because of their age or number")


class Writer(threading.Thread):
    """Owns the connection that writes, and the file from its opening on."""

    def __init__(self, path: Path, line: Line, settings: AnalysesSection) -> None:
        super().__init__(name="analyses", daemon=True)
        self.trouble: str | None = None
        """Why nothing can be written at the moment."""
        self._path = path
        self._line = line
        self._upkeep = Upkeep(settings)
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def run(self) -> None:
        """Write until closed; what the disk did not take until then is lost, and logged."""
        while True:
            is_closing, asked = self._line.is_closing, self._line.asked()
            self._write()
            for told in asked:
                told()
            if is_closing:
                break
            if self.trouble is not None:
                self._line.rest(RETRY_S)
            else:
                self._line.wait(IDLE_S)
                self._line.rest(GATHER_S)
        if len(self._line):
            log.error("analyses_lost", rows=len(self._line), reason=self.trouble)
        if self._connection is not None:
            self._connection.close()

    def _write(self) -> None:
        try:
            connection = self._open()
            while rows := self._line.take(BATCH):
                self._commit(connection, rows)
            self._recover()
            self._keep_up(connection)
        except (sqlite3.Error, OSError, ConfigError, MemoryError) as e:
            _failures.inc()
            self._fail(str(e) or type(e).__name__)

    def _open(self) -> sqlite3.Connection:
        """Return the connection; a new one when somebody has taken the file away: what comes is kept."""
        if self._connection is not None and self._file != which_file(self._path):
            log.error("analyses_file_gone", path=str(self._path))
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = open_writer(self._path, STEPS, is_derived=True)
            self._file = which_file(self._path)
        return self._connection

    def _commit(self, connection: sqlite3.Connection, rows: list[Row]) -> None:
        """Write rows, all or none; one that can never be written is left out."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            write(connection, rows, time.time_ns() // 1_000_000)
            connection.execute("COMMIT")
        except (*UNWRITABLE, sqlite3.Error, MemoryError) as e:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not isinstance(e, UNWRITABLE):
                self._line.put_back(rows)
                raise
            if len(rows) == 1:
                _refused.inc()
                log.exception("analysis_refused", row=repr(rows[0])[:2_000])
            else:
                middle = len(rows) // 2
                self._line.put_back(rows[middle:])
                self._commit(connection, rows[:middle])
        else:
            _rows.inc(len(rows))

    def _keep_up(self, connection: sqlite3.Connection) -> None:
        """Delete what is old, as long as nothing new waits."""
        now_ms = time.time_ns() // 1_000_000
        while self._upkeep.is_due(now_ms) and not len(self._line) and not self._line.is_closing:
            _deleted.inc(self._upkeep.step(connection, now_ms))

    def _recover(self) -> None:
        if self.trouble is not None:
            log.info("analyses_recovered")
            self.trouble = None

    def _fail(self, reason: str) -> None:
        if self.trouble != reason:
            log.error("analyses_unavailable", reason=reason)
        self.trouble = reason
