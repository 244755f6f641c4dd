"""Files of an order book -> its steps; a break of the sequence is found, told and left out up to the next snapshot."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import structlog
from msgspec import Struct

from actors.market import Instrument
from adapters.columns import Ints
from adapters.replay.book import EMPTY, BookSteps, Flags, with_checkpoints
from adapters.replay.cells import ascending_stamps, meanings, not_negative, positive, read_columns, refuse_if
from adapters.replay.decimals import DecimalColumn
from adapters.replay.table import Table
from config.errors import MarketDataError
from config.recorded import ReplayFile

COLUMNS = ("ts", "sequence", "kind", "side", "price", "size", "first_sequence", "previous_sequence")
SHOWN_BREAKS = 3

_KINDS: Mapping[str, bool] = {
    **dict.fromkeys(("snapshot", "snap"), True),
    **dict.fromkeys(("change", "update", "set", "delta"), False),
}
"""Word -> whether it is a snapshot."""
_SIDES: Mapping[str, bool] = {
    **dict.fromkeys(("bid", "b", "buy", "bids"), False),
    **dict.fromkeys(("ask", "a", "sell", "s", "asks"), True),
}
"""Word -> whether it is an ask."""

log = structlog.get_logger(__name__)


class _Part(Struct, frozen=True, kw_only=True):
    """The steps of one file as they stand there; columns of a step of shape (n,), of a level of shape (m,)."""

    table: Table
    begins: Ints
    """Index of each step's first row."""
    times: Ints
    sequences: Ints
    first: Ints
    """What the step must follow, plus one."""
    is_snapshot: Flags
    counts: Ints
    """Levels of each step."""
    bids: Ints
    """Bids of each step, which stand first."""
    prices: Ints
    sizes: Ints


def read_book(instrument: Instrument, specs: Sequence[ReplayFile], base_dir: Path) -> BookSteps:
    """Read and check the files of one order book, which follow each other in time.

    Raises:
        MarketDataError: If a file cannot be trusted; the message names file, row and reason.
    """
    parts = [_part(instrument, spec, base_dir) for spec in specs]
    for before, after in pairwise(parts):
        if after.times[0] < before.times[-1]:
            raise after.table.refuse(0, f"time stamp is earlier than the last of {before.table.file}")
    times, sequences, first = (_joined(parts, name) for name in ("times", "sequences", "first"))
    is_snapshot = np.concatenate([part.is_snapshot for part in parts])
    follows = np.append(False, first[1:] == sequences[:-1] + 1) | is_snapshot
    kept = _kept(follows, is_snapshot)
    _report(instrument, parts, kept)
    if not kept.any():
        raise MarketDataError(f"{parts[0].table.file}: expected a snapshot of the book, found none")
    return with_checkpoints(_steps(instrument, parts, kept, _renumbered(sequences, first, is_snapshot), times))


def _joined(parts: Sequence[_Part], name: str) -> Ints:
    columns: list[Ints] = [getattr(part, name) for part in parts]
    return np.concatenate(columns)


def _steps(instrument: Instrument, parts: Sequence[_Part], kept: Flags, sequences: Ints, times: Ints) -> BookSteps:
    """Return the kept steps, their levels beside each other."""
    counts = _joined(parts, "counts")
    levels = np.repeat(kept, counts)
    starts = np.concatenate(([0], np.cumsum(counts[kept])))
    lost_after = _lost(kept)
    counted = np.cumsum(kept)
    return BookSteps(
        instrument=instrument,
        times=times[kept],
        sequences=sequences[kept],
        is_snapshot=np.concatenate([part.is_snapshot for part in parts])[kept],
        starts=starts,
        asks_at=starts[:-1] + _joined(parts, "bids")[kept],
        prices=_joined(parts, "prices")[levels],
        sizes=_joined(parts, "sizes")[levels],
        checkpoints=((EMPTY, EMPTY),),
        lost={int(counted[at]): int(times[at]) for at in lost_after},
    )


def _part(instrument: Instrument, spec: ReplayFile, base_dir: Path) -> _Part:
    table = read_columns(spec, base_dir, COLUMNS, side="side")
    stamps = ascending_stamps(table, spec)
    numbers = _whole(table, "sequence")
    is_snapshot = np.array(meanings(table, "kind", _KINDS), dtype=np.bool_)
    is_ask = np.array(meanings(table, "side", _SIDES), dtype=np.bool_)
    begins = np.flatnonzero(np.append(True, (np.diff(numbers) != 0) | (np.diff(is_snapshot.view(np.int8)) != 0)))
    step = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(numbers))))
    refuse_if(table, stamps != stamps[begins][step], "time stamp is not that of the other rows of its step")
    prices = positive(table, "price", instrument.price_precision, "price_precision")
    sizes = not_negative(table, "size", instrument.size_precision, "size_precision")
    refuse_if(table, is_snapshot & (sizes == 0), "size is zero: a level of a snapshot is there")
    first = _first(table, begins, numbers[begins])
    superseded = _superseded(step, is_ask, prices)
    if "first_sequence" not in table.columns and "previous_sequence" not in table.columns:
        refuse_if(table, superseded, "price comes once more in its step, which is one change of the book")
    kept = ~superseded
    step, is_ask, prices, sizes = step[kept], is_ask[kept], prices[kept], sizes[kept]
    order = np.lexsort((is_ask, step))  # stable: bids, then asks, each as they stand in the file
    return _Part(
        table=table,
        begins=begins,
        times=stamps[begins],
        sequences=numbers[begins],
        first=first,
        is_snapshot=is_snapshot[begins],
        counts=np.bincount(step, minlength=len(begins)),
        bids=np.bincount(step[~is_ask], minlength=len(begins)),
        prices=prices[order],
        sizes=sizes[order],
    )


def _first(table: Table, begins: Ints, sequences: Ints) -> Ints:
    """Return of each step the sequence after the one that it must follow."""
    if "previous_sequence" in table.columns:
        return _whole(table, "previous_sequence")[begins] + 1
    return _whole(table, "first_sequence")[begins] if "first_sequence" in table.columns else sequences


def _whole(table: Table, name: str) -> Ints:
    return DecimalColumn(table, name, 0, "what a sequence may have").units()


def _superseded(step: Ints, is_ask: Flags, prices: Ints) -> Flags:
    """Return which rows are followed in their step by another one of their price and side: the last holds."""
    order = np.lexsort((prices, is_ask, step))
    same = np.ones(len(order) - 1, dtype=np.bool_)
    for column in (step, is_ask, prices):
        same &= np.equal(column[order][1:], column[order][:-1])
    found = np.zeros(len(order), dtype=np.bool_)
    found[order[:-1][same]] = True
    return found


def _kept(follows: Flags, is_snapshot: Flags) -> Flags:
    """Return which steps belong to a known book: those from a snapshot on, up to the first that does not follow."""
    index = np.arange(len(follows))
    snapshot = np.maximum.accumulate(np.where(is_snapshot, index, -1))
    broken = np.maximum.accumulate(np.where(follows, -1, index))
    return np.asarray(snapshot > broken, dtype=np.bool_)


def _lost(kept: Flags) -> Ints:
    """Return the first step of each span that is left out."""
    return np.flatnonzero(~kept & np.append(True, kept[:-1]))


def _renumbered(sequences: Ints, first: Ints, is_snapshot: Flags) -> Ints:
    """Return sequences that grow by one a step; those of the file when they do so themselves."""
    if np.array_equal(first[~is_snapshot], sequences[~is_snapshot]):
        return sequences
    index = np.arange(len(sequences))
    snapshot = np.maximum.accumulate(np.where(is_snapshot, index, 0))
    return np.asarray(sequences[snapshot] + index - snapshot, dtype=np.int64)


def _report(instrument: Instrument, parts: Sequence[_Part], kept: Flags) -> None:
    """Log where the sequence breaks, with file, row and reason."""
    lost = _lost(kept)
    if not len(lost):
        return
    log.warning(
        "recording_has_breaks",
        instrument_id=instrument.instrument_id,
        breaks=len(lost),
        lost_steps=int((~kept).sum()),
        first=[_told(parts, int(at), is_begin=at == 0 or not kept[:at].any()) for at in lost[:SHOWN_BREAKS]],
    )


def _told(parts: Sequence[_Part], at: int, *, is_begin: bool) -> str:
    before = None
    for part in parts:
        if at < len(part.times):
            row = part.table.rows[int(part.begins[at])]
            if is_begin:
                return f"{part.table.file}, row {row}: expected a snapshot first, found a change"
            last = before if at == 0 else int(part.sequences[at - 1])
            return (
                f"{part.table.file}, row {row}: expected a step after {last}, found one after {int(part.first[at]) - 1}"
            )
        at -= len(part.times)
        before = int(part.sequences[-1])
    raise IndexError(at)
