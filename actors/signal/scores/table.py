"""A file of scores, JSON or CSV, checked as a whole: one wrong row refuses it."""

import csv
import io
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from config.signal_errors import ModelError

MOST_BYTES: Final = 8_388_608
MOST_ROWS: Final = 100_000
_NS_PER_MS = 1_000_000

Scale = Literal["score", "probability", "percent"]
"""`score`: -1 (down) .. 1 (up); `probability`: 0..1 of up; `percent`: the same, 0..100."""
_RANGES: Mapping[str, tuple[float, float]] = {"score": (-1.0, 1.0), "probability": (0.0, 1.0), "percent": (0.0, 100.0)}

_Words = Annotated[str, Meta(max_length=200)]


class _Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One score as a file has it."""

    ts: int | _Words
    """UNIX milliseconds, or ISO 8601 with an offset: when it was known."""
    score: float
    confidence: float | None = None
    """0..1; None: the size of the score."""


class Score(Struct, frozen=True, gc=False):
    """One score as a predictor uses it."""

    ts_ns: int
    score: float
    """-1 .. 1."""
    confidence: float


class ScoreTable:
    """Scores in the order in which they became known."""

    def __init__(self, scores: list[Score]) -> None:
        """Take scores whose times grow."""
        self._scores = scores
        self._times = [score.ts_ns for score in scores]

    def __len__(self) -> int:
        return len(self._scores)

    def at(self, ts_ns: int) -> Score | None:
        """Return the newest score that was known at a time; None when there was none."""
        place = bisect_right(self._times, ts_ns)
        return self._scores[place - 1] if place else None


def read_scores(raw: bytes, kind: Literal["json", "csv"], scale: Scale) -> ScoreTable:
    """Return the scores of a file: in JSON one object or an array of them, in CSV a row each below the names.

    Raises:
        ModelError: If a row is not `ts`, `score` and, if it has one, `confidence`, each within its range, or times do
            not grow.
    """
    try:
        rows = _json(raw) if kind == "json" else _csv(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError, csv.Error) as e:
        raise ModelError(f"scores: {str(e)[:200]}") from e
    if len(rows) > MOST_ROWS:
        raise ModelError(f"scores: at most {MOST_ROWS} rows, found {len(rows)}")
    scores: list[Score] = []
    for number, row in enumerate(rows, 1):
        score = _checked(row, number, scale)
        if scores and score.ts_ns <= scores[-1].ts_ns:
            raise ModelError(f"scores: row {number}: times must grow")
        scores.append(score)
    return ScoreTable(scores)


def _json(raw: bytes) -> list[_Row]:
    found = msgspec.json.decode(raw, type=_Row | list[_Row])
    return found if isinstance(found, list) else [found]


def _csv(raw: bytes) -> list[_Row]:
    reader = csv.DictReader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True)
    rows: list[_Row] = []
    for line in reader:
        if len(rows) == MOST_ROWS:
            raise ValueError(f"at most {MOST_ROWS} rows, found more")
        named = {key: text for key, text in line.items() if text != ""}
        ts = named.get("ts")
        parts: dict[str, object] = {**named, "ts": int(ts) if isinstance(ts, str) and ts.isdecimal() else ts}
        rows.append(msgspec.convert(parts, _Row, strict=False))
    return rows


def _checked(row: _Row, number: int, scale: Scale) -> Score:
    low, high = _RANGES[scale]
    if not low <= row.score <= high:
        raise ModelError(f"scores: row {number}: score must be {low:g}..{high:g}, was {row.score}")
    score = 2.0 * (row.score - low) / (high - low) - 1.0
    confidence = abs(score) if row.confidence is None else row.confidence
    if not (isfinite(confidence) and 0.0 <= confidence <= 1.0):
        raise ModelError(f"scores: row {number}: confidence must be 0..1, was {confidence}")
    return Score(_ts_ns(row.ts, number), score, confidence)


def _ts_ns(ts: int | str, number: int) -> int:
    if isinstance(ts, str):
        try:
            moment = datetime.fromisoformat(ts)
        except (ValueError, OverflowError) as e:
            raise ModelError(f"scores: row {number}: ts must be ISO 8601 or UNIX milliseconds, was {ts!r}") from e
        if moment.tzinfo is None:
            raise ModelError(f"scores: row {number}: ts must name its offset from UTC, was {ts!r}")
        ts = round(moment.timestamp() * 1_000)
    if not 0 <= ts < _LAST_MS:
        raise ModelError(f"scores: row {number}: ts must be UNIX milliseconds, was {ts}")
    return ts * _NS_PER_MS


_LAST_MS = 2**63 // _NS_PER_MS
