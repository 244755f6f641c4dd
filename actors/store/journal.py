"""The journal as the rest of the process uses it, on the owner loop."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import structlog
from msgspec import Struct
from prometheus_client import Gauge

from actors.orders import AlertRow, EquityRow, FillRow, OrderRow
from actors.ports.journal import AuditEntry, AuditSpan, JournalRow, Page, Recorded, Span
from actors.ports.person_rows import RecordedPeople, SessionRow
from actors.store.opening import FileLock, open_writer, readable
from actors.store.overflow import without_derived
from actors.store.reader import Reader, audit_page, page
from actors.store.runs import RunRow, identity, new_run_id
from actors.store.tables import ALERTS, EQUITY, FILLS, ORDERS, Table
from actors.store.transaction import Transactions
from actors.store.work import Acknowledgements, Work
from actors.store.writer import CLOSE, Writer
from config.errors import StoreUnavailableError
from config.trading import StoreSection

log = structlog.get_logger(__name__)
_queued = Gauge("whisperer_journal_queued", "Rows that wait to be written")
_up = Gauge("whisperer_journal_up", "Whether the journal can be written, 1 or 0")


class SqliteJournal:
    """Implements `actors.ports.journal.Journal` on one SQLite file."""

    def __init__(self, path: Path, node_id: str, settings: StoreSection) -> None:
        """Open the file, make or migrate its tables, start the thread; on the owner loop, see `open`."""
        self._path = path
        self._lock = FileLock(path)
        with contextlib.ExitStack() as undo, readable(path):
            undo.callback(self._lock.release)
            connection = undo.enter_context(contextlib.closing(open_writer(path)))
            self.node_id, self._run_id = identity(connection, node_id)
            transactions = Transactions(connection, self.node_id, time.time_ns, equity_days=settings.equity_days)
            self._acknowledgements = Acknowledgements(asyncio.get_running_loop())
            self._writer = Writer(connection, transactions, self._acknowledgements, max_kept=settings.max_queued_rows)
            self._reader = Reader(path, self.node_id)
            undo.pop_all()
        self._max_queued = settings.max_queued_rows
        self._put: Callable[[Work | None], None] = self._writer.queue.put
        self._rows = 0
        self._writer.start()
        _queued.set_function(lambda: self.queued)
        _up.set_function(lambda: self.trouble is None)
        log.info(
            "journal_opened",
            path=str(path),
            run_id=self._run_id,
            audit_head=transactions.head,
            sqlite=sqlite3.sqlite_version,
        )

    @classmethod
    def open(cls, path: Path, node_id: str, settings: StoreSection | None = None) -> Self:
        """Open the journal, made if there is none; takes as long as a migration takes.

        Args:
            path: Of the file; `PATH-wal`, `PATH-shm` and `PATH.lock` lie beside it.
            node_id: Name of a new file's node; a file that exists keeps the one it was made with.
            settings: None: the defaults.

        Raises:
            ConfigError: If another process has it, it is damaged, newer than this program, or cannot be written.
        """
        return cls(path, node_id, settings or StoreSection())

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None when all is well."""
        return self._writer.trouble

    @property
    def run_id(self) -> str:
        """Of the books that are open now."""
        return self._run_id

    @property
    def queued(self) -> int:
        """Rows that have not reached the disk yet."""
        return self._rows - self._writer.done

    def load(self, after: int = 0, most: int | None = None) -> Recorded:
        """Return what the last process left; blocks, for the start.

        Args:
            after: Row of a fill: only those after it, see `Recorded.fills_before`.
            most: Fills that are read at most, see `Recorded.has_more`; `ended` is left out then.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.recorded(self._run_id, after, most)

    def ended(self) -> list[OrderRow]:
        """Return what `Recorded.ended` has; blocks, as `load` does.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.ended(self._run_id)

    def fills_of(self, order_ids: Sequence[str]) -> list[FillRow]:
        """Return all fills of some orders; blocks, as `load` does.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.fills_of(order_ids)

    def note(self, name: str) -> str | None:
        """Return what was noted of the node under a name; blocks, as `load` does.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.note(name)

    def load_people(self) -> RecordedPeople:
        """Return users, sessions and keys; blocks, for the start.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.people()

    def load_fact(self, name: str) -> str | None:
        """Return what a `NodeRow` of this name says; None when there is none; blocks, for the start.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.fact(name)

    def load_ended_sessions(self, now_ms: int) -> Sequence[SessionRow]:
        """Return the sessions that ended before their time was over; blocks, for the start.

        Raises:
            ConfigError: If the file cannot be read; what to do about it.
        """
        with readable(self._path):
            return self._reader.ended_sessions(now_ms)

    def write(self, *rows: JournalRow, told: Callable[[], None] | None = None) -> None:
        """Queue rows of one transaction; `told` is called on the loop, in the order of all writes."""
        if self._rows - self._writer.done >= self._max_queued:
            rows = without_derived(rows)
        self._rows += len(rows)
        self._put(Work(rows, self._run_id, told))

    async def durable(self, *rows: JournalRow) -> None:
        """Write rows and return when they are on the disk; nothing is kept of what failed.

        Raises:
            StoreUnavailableError: If they cannot be written.
            IdempotencyConflictError: If an order's client order id is that of another order.
        """
        await self._durable(rows, self._run_id)

    async def settled(self) -> None:
        """Return when everything queued so far has been written, or cannot be."""
        reached = asyncio.Event()
        self._put(Work((), self._run_id, reached.set))
        await reached.wait()

    async def begin_run(self) -> str:
        """Begin new books: rows written from now on belong to another run; return its id.

        Raises:
            StoreUnavailableError: If it cannot be written; the old run goes on.
        """
        run_id = new_run_id()
        await self._durable((RunRow(began_ns=time.time_ns()),), run_id)
        self._run_id = run_id
        return run_id

    async def find_order(self, user_id: str, client_order_id: str) -> OrderRow | None:
        """Return a user's order by the user's own id, of any run."""
        return await self._reader.ask(lambda connection: self._reader.order(connection, user_id, client_order_id))

    async def orders(self, user_id: str, span: Span) -> Page[OrderRow]:
        """Return a user's orders of this run, by the time they were made."""
        return await self._page(ORDERS, user_id, span)

    async def fills(self, user_id: str, span: Span) -> Page[FillRow]:
        """Return a user's fills of this run."""
        return await self._page(FILLS, user_id, span)

    async def equity(self, user_id: str, span: Span) -> Page[EquityRow]:
        """Return a user's equity curve of this run."""
        return await self._page(EQUITY, user_id, span)

    async def alerts(self, user_id: str, span: Span) -> Page[AlertRow]:
        """Return what a user was told in this run."""
        return await self._page(ALERTS, user_id, span)

    async def audit(self, span: AuditSpan) -> Page[AuditEntry]:
        """Return a part of the audit log, over all runs."""
        return await self._reader.ask(lambda connection: audit_page(connection, self.node_id, span))

    async def close(self) -> None:
        """Write what is queued, end the threads and give the file back; what comes later is refused."""
        put, self._put = self._put, self._refuse
        put(CLOSE)
        await asyncio.to_thread(self._writer.join)
        while not self._acknowledgements.is_empty:  # noqa: ASYNC110  # it is told in turns of the loop
            await asyncio.sleep(0)
        await asyncio.to_thread(self._reader.close)
        self._lock.release()

    async def _durable(self, rows: tuple[JournalRow | RunRow, ...], run_id: str) -> None:
        written = asyncio.get_running_loop().create_future()
        self._rows += len(rows)
        self._put(Work(rows, run_id, None, written))
        await written

    def _refuse(self, work: Work | None) -> None:
        """Tell whoever comes too late."""
        if work is not CLOSE:
            log.error("journal_closed", rows=[type(row).__name__ for row in work.rows])
            work.error = StoreUnavailableError("the journal is closed")
            self._acknowledgements.extend([work])

    async def _page[T: Struct](self, table: Table[T], user_id: str, span: Span) -> Page[T]:
        run_id = self._run_id
        return await self._reader.ask(lambda connection: page(connection, table, run_id, user_id, span))
