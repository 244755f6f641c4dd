"""The thread that writes: whatever is queued becomes one transaction."""

import sqlite3
import threading
import time
from collections import deque
from queue import Empty, SimpleQueue

import structlog
from prometheus_client import Counter, Histogram

from actors.store.overflow import slimmed
from actors.store.transaction import Transactions
from actors.store.work import Acknowledgements, Work
from config.errors import StoreUnavailableError

BATCH = 1_000
"""Works of one transaction at the most, so that nobody waits long for it."""
RETRY_S = 1.0
"""Until the disk is tried again when nothing new comes."""
PAUSE_S = 0.05
"""Between two tries at the least, however much comes."""
CLOSE = None

log = structlog.get_logger(__name__)
_commits = Counter("whisperer_journal_commits", "Transactions of the journal")
_commit_s = Histogram(
    "whisperer_journal_commit_seconds",
    "How long a transaction took, its wait for the disk included",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0),
)
_rows = Counter("whisperer_journal_rows", "Rows that were written")
_failures = Counter("whisperer_journal_failures", "Transactions that the disk did not take; their rows are kept")
_refused = Counter("whisperer_journal_refused", "Works with a row that can never be written, left out")


class Writer(threading.Thread):
    """Owns the connection that writes."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        transactions: Transactions,
        acknowledgements: Acknowledgements,
        *,
        max_kept: int,
    ) -> None:
        super().__init__(name="journal", daemon=True)
        self.queue: SimpleQueue[Work | None] = SimpleQueue()
        self.trouble: str | None = None
        """Why nothing can be written at the moment; set before anybody is told."""
        self.done = 0
        """Rows that left the queue for good."""
        self._connection = connection
        self._transactions = transactions
        self._acknowledgements = acknowledgements
        self._pending: deque[Work] = deque()
        self._kept = 0
        """How many of the pending works have been tried, and told, already: the oldest."""
        self._kept_rows = 0
        self._is_closing = False
        self._tried_at = 0.0
        self._max_kept = max_kept
        self._slim_above = max_kept
        self._has_more = False

    def run(self) -> None:
        """Write until closed; what the disk did not take until then is lost, and logged."""
        while not self._is_closing:
            self._take()
            self._write()
            self._thin()
        if self._pending:
            rows = sum(len(work.rows) for work in self._pending)
            log.error("journal_rows_lost", rows=rows, reason=self.trouble)
        self._connection.close()

    def _take(self) -> None:
        """Wait for work, or for the next try; take all there is."""
        try:
            waits = RETRY_S if self._pending or self.trouble else 0.0 if self._has_more else None
            self._accept(self.queue.get(timeout=waits))
        except Empty:
            return
        for _ in range(self.queue.qsize()):
            self._accept(self.queue.get())

    def _accept(self, work: Work | None) -> None:
        if work is CLOSE:
            self._is_closing = True
        else:
            self._pending.append(work)

    def _write(self) -> None:
        """Write all that is pending, oldest first, or keep it."""
        if self.trouble and not self._is_closing and time.monotonic() - self._tried_at < PAUSE_S:
            self._keep()
            return
        while self._pending:
            works = [self._pending[at] for at in range(min(BATCH, len(self._pending)))]
            self._tried_at = time.monotonic()
            try:
                refused = self._transactions.write(works)
            except (sqlite3.Error, MemoryError) as e:
                _failures.inc()
                self._fail(str(e) or type(e).__name__)
                return
            _commit_s.observe(time.monotonic() - self._tried_at)
            self._finish(works, refused)
        self._recover()

    def _recover(self) -> None:
        """Forget the trouble once nothing is left of it."""
        if self.trouble and not self._pending:
            log.info("journal_recovered")
            self.trouble = None
            self._slim_above = self._max_kept

    def _thin(self) -> None:
        """Thin the equity curve and forget old failures, a little of each, when nothing waits."""
        if self._pending or self.queue.qsize():
            return
        try:
            has_thinned, has_forgotten = self._transactions.thinning.step(), self._transactions.forgetting.step()
            self._has_more = has_thinned or has_forgotten
        except sqlite3.Error as e:
            self._has_more = False  # with the next rows again
            log.warning("journal_not_thinned", reason=str(e))

    def _finish(self, works: list[Work], refused: list[Work]) -> None:
        for work in works:
            self._pending.popleft()
            if self._kept:
                self._kept -= 1
                self._kept_rows -= len(work.rows)
        for work in refused:
            _refused.inc()
            log.error("journal_row_refused", error=str(work.error), rows=[repr(row) for row in work.rows])
        rows = sum(len(work.rows) for work in works)
        self.done += rows
        _commits.inc()
        _rows.inc(rows)
        self._recover()  # before anybody hears of it
        self._acknowledgements.extend(works)

    def _fail(self, reason: str) -> None:
        if self.trouble != reason:
            log.error("journal_unavailable", reason=reason)
        self.trouble = reason
        self._keep()

    def _keep(self) -> None:
        """Tell everybody who waits; keep the rows for the next try, but not those that had to be durable at once."""
        new = [self._pending.pop() for _ in range(len(self._pending) - self._kept)][::-1]
        for work in new:
            if work.durable is None and not work.rows:
                continue
            if work.durable is None:
                self._pending.append(Work(work.rows, work.run_id))
                self._kept += 1
                self._kept_rows += len(work.rows)
            else:
                reason = f"the journal cannot be written: {self.trouble}"
                work.error = StoreUnavailableError(reason, retry_after_s=RETRY_S)
                self.done += len(work.rows)
        if self._kept_rows > self._slim_above:
            self._slim()
        self._acknowledgements.extend(new)

    def _slim(self) -> None:
        """Leave out what can be spared of what is kept."""
        rows = self._kept_rows
        self._pending = slimmed(self._pending)
        self._kept = len(self._pending)
        self._kept_rows = sum(len(work.rows) for work in self._pending)
        self.done += rows - self._kept_rows
        self._slim_above = max(self._max_kept, 2 * self._kept_rows)
