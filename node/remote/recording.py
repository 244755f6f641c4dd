"""A folder with what was recorded: a CSV file per instrument and kind, how to play it, and what is missing in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field
from whisperer_client.types import InstrumentItem

from actors.durable import replace
from node.remote.replay_toml import MINUTE_NS, replay_toml
from node.remote.rows_file import RecordingError, RowsFile

Kind = Literal["bars", "trades", "quotes", "book"]
HEADERS: Mapping[Kind, str] = {
    "bars": "timestamp,open,high,low,close,volume",
    "trades": "ts,price,size,side,trade_id",
    "quotes": "ts,bid,bid_size,ask,ask_size",
    "book": "ts,sequence,kind,side,price,size",
}
PLAY, ABOUT = "replay.toml", "recording.json"


class Note(Struct, frozen=True, kw_only=True):
    """Something that a reader of the recording must know, such as a gap."""

    instrument_id: str
    kind: str
    ts: int | None
    """Of the last row before it, UNIX nanoseconds; None: before the first."""
    text: str


class About(Struct, kw_only=True):
    """What `recording.json` says."""

    node: str
    url: str
    version: str
    rows: dict[str, int] = field(default_factory=dict)
    """File -> rows."""
    notes: list[Note] = field(default_factory=list)
    is_complete: bool = False
    """Whether the recording ended in order; otherwise the last moments may be missing."""


class TimeWentBackError(RecordingError):
    """Market time went back: a recording goes forward only."""

    def __init__(self, instrument_id: str, kind: Kind) -> None:
        super().__init__(f"{instrument_id} {kind}: market time went back, a recording goes forward only")


class Recording:
    """Writes rows; files are made with their first row, the two descriptions whenever they change."""

    def __init__(self, folder: Path, instruments: Sequence[InstrumentItem], about: About) -> None:
        """Make the folder.

        Raises:
            RecordingError: If it cannot be made, or holds something already.
        """
        self.folder = folder
        self.about = about
        self._instruments = {one.instrument_id: one for one in instruments}
        self._files: dict[tuple[str, Kind], RowsFile] = {}
        self._described = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_taken = any(folder.iterdir())
        except OSError as e:
            raise RecordingError(f"{folder}: cannot be made: {e.strerror}") from e
        if is_taken:
            raise RecordingError(
                f"{folder}: expected a new or an empty folder, a recording is not written into another"
            )

    def add(self, instrument_id: str, kind: Kind, ts: int, lines: Sequence[str]) -> None:
        """Write one unit of rows of one moment, UNIX nanoseconds.

        Raises:
            TimeWentBackError: If it is older than the last one.
            RecordingError: If the disk does not take it.
        """
        file = self._files.get((instrument_id, kind))
        if file is None:
            path = self.folder / f"{instrument_id}.{kind}.csv"
            file = self._files[instrument_id, kind] = RowsFile(path, HEADERS[kind])
        elif file.last_ts is not None and ts < file.last_ts:
            raise TimeWentBackError(instrument_id, kind)
        file.append(ts, lines)

    def last_ts(self, instrument_id: str, kind: Kind) -> int | None:
        """Return the time of the newest row, UNIX nanoseconds; None when there is none."""
        file = self._files.get((instrument_id, kind))
        return None if file is None else file.last_ts

    def note(self, instrument_id: str, kind: Kind, text: str) -> None:
        """Remember something that readers must know."""
        ts = self.last_ts(instrument_id, kind)
        self.about.notes.append(Note(instrument_id=instrument_id, kind=kind, ts=ts, text=text))

    def flush(self) -> None:
        """Put everything on its way to the disk, and the descriptions too if they have changed.

        Raises:
            RecordingError: If the disk does not take it.
        """
        for file in self._files.values():
            file.flush()
        self._describe()

    def close(self, *, is_complete: bool) -> None:
        """Write the rest; what the disk does not take is left out."""
        self.about.is_complete = is_complete
        for file in self._files.values():
            try:
                file.close()
            except RecordingError:
                self.about.is_complete = False
        self.about.rows = {file.path.name: file.rows for file in self._files.values()}
        self._describe()

    def _describe(self) -> None:
        """Write the two descriptions, if they say something new."""
        play = replay_toml([(self._instruments[name], self._kinds(name)) for name in self._instruments])
        about = msgspec.json.format(msgspec.json.encode(self.about), indent=1).decode()
        if play + about != self._described:
            _replace(self.folder / PLAY, play)
            _replace(self.folder / ABOUT, f"{about}\n")
            self._described = play + about

    def _kinds(self, instrument_id: str) -> dict[str, str]:
        """Return kind -> file of what can be played of an instrument."""
        found = {kind: one for (name, kind), one in self._files.items() if name == instrument_id and one.rows}
        trades = found.get("trades")
        if trades is not None and "bars" in found and not _has_whole_minute(trades):
            found.pop("bars")  # beside bars, trades count from the first whole minute on: there is none yet
        return {kind: found[kind].path.name for kind in HEADERS if kind in found}


def _has_whole_minute(trades: RowsFile) -> bool:
    first, last = trades.first_ts or 0, trades.last_ts or 0
    return last >= -(-first // MINUTE_NS) * MINUTE_NS


def _replace(path: Path, text: str) -> None:
    """Write a file so that at any moment the old one or the new one is there."""
    try:
        replace(path, text.encode())
    except OSError as e:
        raise RecordingError(f"{path}: cannot be written: {e.strerror}") from e
