"""Predictions of earlier processes, from the end of the prediction log; for nodes where everybody is the local one."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from actors.bridge.dialects.magic8.confidences import Confidence
from config.errors import NodeError

TAIL_BYTES = 2 * 1024 * 1024
"""So much is read at the most: some thousand lines, tens of milliseconds."""
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)

log = structlog.get_logger(__name__)


class _Line(Struct, frozen=True):
    """What counts of a line of the log."""

    timestamp: datetime
    symbol: str
    strategy: str
    win_probability: float | None
    threshold: float
    approved: bool


_decode = msgspec.json.Decoder(_Line).decode


class Recorded(Struct, frozen=True, kw_only=True):
    """What a log still tells."""

    rows: tuple[Confidence, ...]
    """Oldest first."""
    known_from_ms: int
    """Market time from which on nothing is missing; 0: from the beginning."""


def recorded(path: Path, find: Callable[[str], str]) -> Recorded:
    """Return the newest predictions of a log; a line that cannot be read is passed over.

    Args:
        path: Of the log; nothing when there is none.
        find: Symbol -> instrument id; raises NodeError.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            raws = file.read(TAIL_BYTES).splitlines()
    except OSError as e:
        if not isinstance(e, FileNotFoundError):
            log.warning("predictions_not_read", path=str(path), reason=type(e).__name__)
        return Recorded(rows=(), known_from_ms=0)
    is_cut = size > TAIL_BYTES
    lines = list(_lines(raws[1:] if is_cut else raws))
    is_later = is_cut or path.with_name(f"{path.name}.1").exists()
    return Recorded(rows=tuple(_read(lines, find)), known_from_ms=_ms(lines[0]) if is_later and lines else 0)


def _lines(raws: list[bytes]) -> Iterator[_Line]:
    for raw in raws:
        with suppress(*_UNREADABLE):
            yield _decode(raw)


def _read(lines: list[_Line], find: Callable[[str], str]) -> Iterator[Confidence]:
    for line in lines:
        if line.win_probability is None:
            continue
        with suppress(NodeError):  # an instrument that this market has no more
            yield Confidence(
                ts_ms=_ms(line),
                instrument_id=find(line.symbol),
                strategy=line.strategy,
                probability=line.win_probability,
                threshold=line.threshold,
                recommendation="EXECUTE" if line.approved else "SKIP",
            )


def _ms(line: _Line) -> int:
    return int(line.timestamp.timestamp() * 1_000)
