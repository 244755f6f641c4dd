"""The store of analyses as the rest of the process uses it, on the owner loop."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from prometheus_client import Gauge

from actors.messages import Signal
from actors.ports.analyses import (
    Feedback,
    FeedbackSum,
    OpenAnalysis,
    PredictionRow,
    Sampled,
    Span,
    Tally,
)
from actors.store.analyses import reading
from actors.store.analyses.queue import Line, Row
from actors.store.analyses.writer import Writer
from actors.store.opening import open_reader, which_file
from config.analyses import AnalysesSection
from config.errors import ConfigError, StoreUnavailableError

FILE_NAME = "analytics.db"
"""In the `state_dir`."""
THREADS = 2
"""That read, so that sums over many rows delay nobody who asks for a page."""
_queued = Gauge("whisperer_analyses_queued", "Analyses and outcomes that wait for the file")
_up = Gauge("whisperer_analyses_up", "Whether the file of analyses can be written, 1 or 0")


class AnalysisStore:
    """Keeps analyses; implements `actors.ports.analyses.Analyses`. The node goes on whatever becomes of its file."""

    def __init__(self, path: Path, settings: AnalysesSection) -> None:
        """Prepare; the thread opens the file, and tries again when it cannot."""
        self._path = path
        self._line = Line(settings.max_queued)
        self._writer = Writer(path, self._line, settings)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="analyses-reader")
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []
        _queued.set_function(lambda: len(self._line))
        _up.set_function(lambda: self.trouble is None)

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None when all is well."""
        return self._writer.trouble

    def put(self, *rows: Row) -> None:
        """Have rows written; returns at once."""
        self._line.put(rows)

    async def settled(self) -> None:
        """Return when all that is here now has been written, or could not be."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        self._line.ask(lambda: loop.call_soon_threadsafe(done.set))  # an event: who waits may have given up
        await done.wait()

    async def close(self) -> None:
        """Write what is left and end the threads."""
        self._line.close()
        if self._writer.is_alive():
            await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()

    async def signals(self, span: Span, limit: int) -> tuple[list[Signal], bool]:
        """Return signals, newest first, and whether there are older ones.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.signals(connection, span, limit))

    async def predictions(
        self, span: Span, predictor: str | None, limit: int, skip: int = 0
    ) -> tuple[list[PredictionRow], bool]:
        """Return predictions, newest first, after leaving out `skip`, and whether there are older ones.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.predictions(connection, span, predictor, limit, skip))

    async def tallies(self, span: Span, predictor: str | None, bucket_ns: int) -> list[Tally]:
        """Return sums of predictions; `bucket_ns` is the width of a piece of time.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.tallies(connection, span, predictor, bucket_ns))

    async def scored(self, predictor: str, most: int) -> int:
        """Return how many live predictions of a direction have a known outcome; counting ends at `most`.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.scored(connection, predictor, most))

    async def samples(self, instrument_id: str, interval: str, count: int) -> tuple[Sampled, Sampled] | None:
        """Return the first and the last `count` analyses of a stream; None while there are fewer than both.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.samples(connection, instrument_id, interval, count))

    async def open_analyses(self, instrument_id: str, interval: str) -> Sequence[OpenAnalysis]:
        """Return what of a stream is still to be resolved, oldest first.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.open_analyses(connection, instrument_id, interval))

    async def keep_feedback(self, row: Feedback) -> None:
        """Return when a caller's word is on the disk.

        Raises:
            StoreUnavailableError: If it cannot be written now; it may still be later.
        """
        self.put(row)
        await self.settled()
        if self.trouble is not None:
            raise StoreUnavailableError(f"the analyses cannot be written: {self.trouble}")

    async def feedback(self, user_id: str) -> FeedbackSum:
        """Return the sum of what a user has said.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        return await self.ask(lambda connection: reading.feedback(connection, user_id))

    async def ask[T](self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Return the answer to a question of another part that keeps its rows here.

        Raises:
            StoreUnavailableError: If the file cannot be read.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question)
        except (sqlite3.Error, msgspec.ValidationError, ConfigError) as e:
            raise StoreUnavailableError(f"the analyses cannot be read: {e}") from e

    def _answer[T](self, question: Callable[[sqlite3.Connection], T]) -> T:
        file, found = getattr(self._mine, "opened", (None, None))
        if found is None or file != which_file(self._path):
            if found is not None:
                self._opened.remove(found)
                found.close()
            self._mine.opened = None, None
            found = open_reader(self._path, is_derived=True)
            self._mine.opened = which_file(self._path), found
            self._opened.append(found)
        return question(found)
