"""Predictions of earlier processes, from the end of the prediction log; for nodes where everybody is the local one."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from actors.bridge.dialects.magic8.confidences import Confidence
from config.errors import NodeError

TAIL_BYTES = 2 * 1024 * 1024
"""So much is read at the most: some thousand lines, tens of milliseconds."""
_Unreadable = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, NodeError)

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


def recorded(path: Path, find: Callable[[str], str]) -> list[Confidence]:
    """Return the newest predictions of a log, oldest first; a line that cannot be read is passed over.

    Args:
        path: Of the log; nothing when there is none.
        find: Symbol -> instrument id; raises NodeError.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read(TAIL_BYTES).splitlines()
    except OSError as e:
        if not isinstance(e, FileNotFoundError):
            log.warning("predictions_not_read", path=str(path), reason=type(e).__name__)
        return []
    return list(_read(lines[1:] if size > TAIL_BYTES else lines, find))


def _read(lines: list[bytes], find: Callable[[str], str]) -> Iterator[Confidence]:
    for raw in lines:
        try:
            line = _decode(raw)
            if line.win_probability is None:
                continue
            yield Confidence(
                ts_ms=int(line.timestamp.timestamp() * 1_000),
                instrument_id=find(line.symbol),
                strategy=line.strategy,
                probability=line.win_probability,
                threshold=line.threshold,
                recommendation="EXECUTE" if line.approved else "SKIP",
            )
        except _Unreadable:
            continue
