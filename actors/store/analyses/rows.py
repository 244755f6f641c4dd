"""How analyses are written into the file and read from it again."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from actors.messages import Signal
from actors.ports.analyses import Analysis, Feedback, Resolved
from actors.ports.order_outcomes import OrderOutcome, ScreenedOrder
from actors.store.analyses.screened_rows import write_screened
from config.version import VERSION

STEPS: tuple[Path, ...] = tuple(sorted((Path(__file__).parent / "migrations").glob("[0-9]*.sql")))
SIGNAL_FIELDS = (
    "instrument_id",
    "interval",
    "ts_bar",
    "bar_type",
    "signal",
    "score",
    "probability",
    "confidence",
    "sources",
    "reasons",
    "features",
    "feature_schema",
    "price",
    "backfilled",
    "stale",
    "degraded",
    "ts_event",
    "ts_init",
    "trace_id",
)
"""Of a signal, each in a column of its own; the others are together in `more`."""
SIGNAL_COLUMNS = ", ".join((*SIGNAL_FIELDS, "more"))
_MORE = tuple(name for name in Signal.__struct_fields__ if name not in SIGNAL_FIELDS)
_JSON = {"sources", "reasons", "features"}
_FLAGS = {"backfilled", "stale", "degraded"}
_ADDED = ("more", "model_version", "processing_us", "stored_ms", "upper", "lower", "horizon")
_COLUMNS = (*SIGNAL_FIELDS, *_ADDED)
_INSERT = (
    f"INSERT INTO analyses ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608  # our own names
    "ON CONFLICT (instrument_id, ts_bar, interval) DO NOTHING"
)
_PREDICTION = "INSERT INTO predictions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_RESOLVE = (
    "UPDATE analyses SET outcome = ?, label = ?, bars = ?, ts_outcome = ?, long_return = ?, short_return = ?,"
    " outcome_reason = ? WHERE instrument_id = ? AND interval = ? AND ts_bar = ? AND outcome IS NULL"
)

_FEEDBACK = (
    "INSERT INTO feedback (user_id, signal_id, instrument_id, predicted, outcome, profit_loss, was_accurate, ts_ms,"
    " stored_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, signal_id) DO UPDATE SET"
    " instrument_id = excluded.instrument_id, predicted = excluded.predicted, outcome = excluded.outcome,"
    " profit_loss = excluded.profit_loss, was_accurate = excluded.was_accurate, ts_ms = excluded.ts_ms,"
    " stored_ms = excluded.stored_ms"
)


def write(
    connection: sqlite3.Connection,
    rows: Iterable[Analysis | Resolved | Feedback | ScreenedOrder | OrderOutcome],
    stored_ms: int,
) -> None:
    """Write rows within a transaction; an analysis that is there stays as it is."""
    for row in rows:
        if isinstance(row, ScreenedOrder | OrderOutcome):
            write_screened(connection, row, stored_ms)
        elif isinstance(row, Analysis):
            _insert(connection, row, stored_ms)
        elif isinstance(row, Feedback):
            connection.execute(_FEEDBACK, (*msgspec.structs.astuple(row), stored_ms))
        else:
            outcome = (row.outcome, row.label, row.bars, row.ts_outcome, row.long_return, row.short_return, row.reason)
            connection.execute(_RESOLVE, (*outcome, row.instrument_id, row.interval, row.ts_bar))


def signal_of(values: Sequence[Any]) -> Signal:
    """Return a signal from the values of `SIGNAL_COLUMNS`.

    Raises:
        msgspec.ValidationError: If the file holds what no signal can have.
    """
    named = {
        name: msgspec.json.decode(value) if name in _JSON else bool(value) if name in _FLAGS else value
        for name, value in zip(SIGNAL_FIELDS, values[:-1], strict=True)
    }
    return msgspec.convert(msgspec.json.decode(values[-1]) | named, Signal)


def version_of(signal: Signal) -> str:
    """Return who spoke, by name and model as a word each; a formula of the program's goes by its version."""
    named = (
        (source.name, "_".join(source.model.split()) or VERSION) for source in signal.sources if source.state == "voted"
    )
    return " ".join(f"{name}/{version}" for name, version in named)


def _insert(connection: sqlite3.Connection, row: Analysis, stored_ms: int) -> None:
    signal, targets = row.signal, row.targets
    values = [_written(name, getattr(signal, name)) for name in SIGNAL_FIELDS]
    more = msgspec.json.encode({name: getattr(signal, name) for name in _MORE}).decode()
    aims = (None, None, None) if targets is None else (targets.upper, targets.lower, targets.horizon)
    cursor = connection.execute(_INSERT, (*values, more, version_of(signal), row.processing_us, stored_ms, *aims))
    if cursor.rowcount == 1:
        said = [(cursor.lastrowid, *msgspec.structs.astuple(opinion)) for opinion in row.opinions]
        connection.executemany(_PREDICTION, said)


def _written(name: str, value: object) -> object:
    return msgspec.json.encode(value).decode() if name in _JSON else value
