"""`run_node.py record`: what a running node says of its market, written down so that it can be played again."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import Struct
from whisperer_client import ApiError, Client, ClientError, GapError, NoSourceError, RefusedError, RewoundError
from whisperer_client.types import Bar, BookDelta, InstrumentItem, Quote, Trade

from config.errors import ConfigError
from node.remote.recording import HEADERS, About, Kind, Recording, TimeWentBackError
from node.remote.rows_file import RecordingError
from node.remote.talk import FAILED, talk

FLUSH_S = 0.25
"""What a kill may cost, in wall seconds."""
_MS = 1_000_000


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be recorded."""

    folder: Path
    instruments: tuple[str, ...] = ()
    """Empty: all of the node."""
    kinds: tuple[Kind, ...] = tuple(HEADERS)
    history: int = 500
    """Closed bars of one minute before the first trade."""
    duration_s: float | None = None
    """Wall seconds; None: until Ctrl-C, or `until`."""
    until_ms: int | None = None
    """Market time, UNIX milliseconds, that is not recorded any more."""


def record_command(url: str, wanted: Wanted, api_key: str | None = None) -> int:
    """Record until the time is over or a signal comes; return 0, or 1 when the recording had to end before.

    Raises:
        ConfigError: If what is wanted cannot be had.
    """
    return talk(url, lambda client: _record(client, wanted), api_key)


async def _record(client: Client, wanted: Wanted) -> int:
    instruments = _chosen(await client.rest.instruments(), wanted.instruments)
    status = await client.rest.status()
    about = About(node=status.node, url=client.url, version=status.version)
    try:
        recording = Recording(wanted.folder, instruments, about)
    except RecordingError as e:
        raise ConfigError(f"--out: {e}") from e
    return await Recorder(client, recording, wanted).run(instruments)


class Recorder:
    """Reads every stream of every instrument, each in a task of its own, into one recording."""

    def __init__(self, client: Client, recording: Recording, wanted: Wanted) -> None:
        """Prepare; nothing is asked of the node yet."""
        self._client = client
        self._recording = recording
        self._wanted = wanted
        self._stop = asyncio.Event()

    async def run(self, instruments: Sequence[InstrumentItem]) -> int:
        """Record; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        streams = {"bars": self._bars, "trades": self._trades, "quotes": self._quotes, "book": self._book}
        works: list[Coroutine[Any, Any, None]] = [self._flush(), self._wait_for_end()]
        if self._wanted.until_ms is not None:
            works.append(self._wait_for_market(self._wanted.until_ms))
        for one in instruments:
            works += [streams[kind](one.instrument_id) for kind in self._wanted.kinds]
        tasks = [asyncio.create_task(work) for work in works]
        error = await _first_error(tasks, self._stop)
        try:
            self._recording.close(is_complete=error is None)
        except RecordingError as e:
            error = error or e
        if error is not None and not isinstance(error, RecordingError | ClientError):
            raise error
        self._summarise(error)
        return 0 if error is None else FAILED

    async def _bars(self, name: str) -> None:
        stream = self._client.bars(name, "1m", history=self._wanted.history)
        async for bar in self._told(name, "bars", stream):
            self._add(name, "bars", bar.t * _MS, [bar_line(bar)])

    async def _trades(self, name: str) -> None:
        async for trade in self._told(name, "trades", self._client.trades(name)):
            self._add(name, "trades", int(trade.ts_ns), [trade_line(trade)])

    async def _quotes(self, name: str) -> None:
        last = ""
        async for quote in self._told(name, "quotes", self._client.quotes(name)):
            line = quote_line(quote)
            if line != last:  # a new connection begins with the one that was known
                self._add(name, "quotes", int(quote.ts_ns), [line])
            last = line

    async def _book(self, name: str) -> None:
        stream = self._client.order_book(name)
        async for book in self._told(name, "book", stream):
            if book.is_whole and stream.snapshots > 1:
                self._note(name, "book", "steps may be missing before the next snapshot of the book")
            if book.step is not None:
                self._add(name, "book", book.ts_ns, book_lines(book.step, is_whole=book.is_whole))

    async def _told[T](self, name: str, kind: Kind, stream: AsyncIterator[T]) -> AsyncIterator[T]:
        """Give what a stream gives; what is missing before an item becomes a note."""
        while True:
            try:
                yield await anext(stream)
            except RewoundError as e:
                raise TimeWentBackError(name, kind) from e
            except GapError as e:
                self._note(name, kind, e.reason)
            except NoSourceError:
                self._note(name, kind, "the source of the node does not have it")
                return
            except (ApiError, RefusedError) as e:
                if e.code != "unsupported_interval":
                    raise
                self._note(name, kind, f"not recorded: {e}")  # the source has longer ones only
                return

    def _add(self, name: str, kind: Kind, ts: int, lines: list[str]) -> None:
        until = self._wanted.until_ms
        if until is None or ts < until * _MS:
            self._recording.add(name, kind, ts, lines)

    def _note(self, name: str, kind: Kind, text: str) -> None:
        self._recording.note(name, kind, text)
        _say(f"{name} {kind}: {text}")

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self._recording.flush()

    async def _wait_for_end(self) -> None:
        if self._wanted.duration_s is None:
            return
        await asyncio.sleep(self._wanted.duration_s)
        self._stop.set()

    async def _wait_for_market(self, until_ms: int) -> None:
        async for status in self._client.status():
            if status.market_time >= until_ms:
                self._stop.set()
                return

    def _summarise(self, error: BaseException | None) -> None:
        about = self._recording.about
        for file, rows in sorted(about.rows.items()):
            _say(f"{file}: {rows} rows")
        if self._client.connections > 1:
            _say(f"the connection was lost and made again {self._client.connections - 1} times")
        _say(f"{len(about.notes)} notes on what is missing, in {self._recording.folder / 'recording.json'}")
        if error is not None:
            _say(f"ended early: {error}")
        _say(f"play it: run_node.py live --config {self._recording.folder / 'replay.toml'}")


def bar_line(bar: Bar) -> str:
    """Return a row of bars."""
    return ",".join([str(bar.t * _MS), *map(_text, (bar.o, bar.h, bar.l, bar.c, bar.v))])


def trade_line(trade: Trade) -> str:
    """Return a row of trades."""
    return f"{trade.ts_ns},{_text(trade.price)},{_text(trade.quantity)},{trade.side},{trade.id}"


def quote_line(quote: Quote) -> str:
    """Return a row of quotes."""
    return ",".join([quote.ts_ns, *map(_text, (quote.bid, quote.bid_size, quote.ask, quote.ask_size))])


def book_lines(step: BookDelta, *, is_whole: bool) -> list[str]:
    """Return the rows of one step of a book, all of one sequence."""
    head = f"{step.ts_ns},{step.sequence},{'snapshot' if is_whole else 'change'}"
    sides = (("bid", step.bids), ("ask", step.asks))
    return [f"{head},{side},{_text(price)},{_text(size)}" for side, levels in sides for price, size in levels]


async def _first_error(tasks: list[asyncio.Task[None]], stop: asyncio.Event) -> BaseException | None:
    """Wait until `stop` is set or a task fails; end all of them and return why it failed."""
    stopping = asyncio.create_task(stop.wait())
    waiting: set[asyncio.Task[Any]] = {stopping, *tasks}
    error: BaseException | None = None
    while not stopping.done() and error is None:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        error = next((one.exception() for one in done if one.exception() is not None), None)
    for task in waiting:
        task.cancel()
    await asyncio.gather(stopping, *tasks, return_exceptions=True)  # of all that failed at once, one tells why
    return error


def _chosen(found: Sequence[InstrumentItem], names: Sequence[str]) -> list[InstrumentItem]:
    known = {one.instrument_id: one for one in found}
    if missing := [name for name in names if name not in known]:
        raise ConfigError(f"--instruments: the node has {', '.join(sorted(known))}, not {', '.join(missing)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(found)


def _text(number: Decimal) -> str:
    return f"{number:f}"


def _say(text: str) -> None:
    print(f"whisperer: {text}", file=sys.stderr)  # noqa: T201  # for the person who waits
