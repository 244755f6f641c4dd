"""Texts of the command line -> what is to be recorded."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from config.errors import ConfigError
from node.remote.record import Wanted
from node.remote.recording import HEADERS, Kind

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(\.[0-9]{1,9})?)(?P<unit>[smhd]?)")


def wanted_of(
    folder: Path,
    *,
    instruments: Sequence[str],
    channels: Sequence[str],
    history: int,
    duration: str | None,
    until: str | None,
) -> Wanted:
    """Return what is to be recorded.

    Raises:
        ConfigError: If an option cannot be understood; names it.
    """
    return Wanted(
        folder=folder,
        instruments=tuple(_words(instruments)),
        kinds=tuple(_kind(name) for name in dict.fromkeys(_words(channels))) or tuple(HEADERS),
        history=history,
        duration_s=None if duration is None else _seconds(duration),
        until_ms=None if until is None else _milliseconds(until),
    )


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[,\s]+", text) if word]


def _kind(name: str) -> Kind:
    for kind in HEADERS:
        if name == kind:
            return kind
    raise ConfigError(f"--channels: expected some of {', '.join(HEADERS)}, was {name!r}")


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    seconds = float(found["number"]) * _UNITS[found["unit"]] if found else 0.0
    if seconds <= 0:
        raise ConfigError(f"--duration: expected seconds, or a number with s, m, h or d, was {text!r}")
    return seconds


def _milliseconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--until: expected a time as 2026-01-31T12:00:00Z, was {text!r}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
