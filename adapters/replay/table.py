"""A recorded file -> its columns as they stand there, with the row each value came from."""

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from config.errors import MarketDataError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".csv", ".csv.gz", ".zip", ".parquet", ".feather", ".arrow")


class Stamps(Struct, frozen=True):
    """A column of typed time stamps."""

    ns: NDArray[np.int64]
    """UNIX nanoseconds, or wall-clock nanoseconds since 1970 when they carry no zone."""
    has_zone: bool


Cells = list[str] | NDArray[np.int64] | NDArray[np.floating[Any]] | Stamps
"""One column: text as it stands in the file, typed numbers, or typed time stamps."""


class Table(Struct, frozen=True):
    """The wanted columns of one file."""

    file: str
    """Path, for messages."""
    sha256: str
    """Of the file's bytes as they lie on the disk."""
    columns: Mapping[str, Cells]
    """By the name the caller gave them."""
    rows: Sequence[int]
    """Row of each value, counted from 1: lines of a CSV, its header included; records of the others."""

    def refuse(self, index: int, reason: str) -> MarketDataError:
        """Return the error that names the file, the row of the value at `index` and the reason."""
        return MarketDataError(f"{self.file}, row {self.rows[index]}: {reason}")


def read_table(path: Path, wanted: Mapping[str, str | int], *, has_header: bool, delimiter: str) -> Table:
    """Return the wanted columns of a CSV, Parquet or Feather file.

    Args:
        path: The file; `.csv.gz` and a `.zip` with one CSV are unpacked in memory.
        wanted: Our name -> the column's name in the file, or its position from 1.
        has_header: Whether the first line of a CSV names its columns.
        delimiter: Between the values of a CSV.

    Raises:
        MarketDataError: If the file cannot be read, or lacks a column or a value.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as e:  # a name with a NUL is a ValueError
        raise MarketDataError(f"{file}: cannot be read: {getattr(e, 'strerror', None) or e}") from e
    sha256 = hashlib.sha256(raw).hexdigest()
    if path.suffix in {".parquet", ".feather", ".arrow"}:
        columns, rows = _read_typed(file, raw, path.suffix, wanted)
    else:
        columns, rows = _read_csv(file, _unpacked(path, raw), wanted, has_header=has_header, delimiter=delimiter)
    if not rows:
        raise MarketDataError(f"{file}: expected rows, found none")
    return Table(file, sha256, columns, rows)


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        match path.suffix:
            case ".csv":
                return raw
            case ".gz":
                return gzip.decompress(raw)
            case ".zip":
                with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                    names = [name for name in archive.namelist() if name.endswith(".csv")]
                    if len(names) != 1:
                        raise MarketDataError(f"{path}: expected one .csv inside, found {len(names)}")
                    return archive.read(names[0])
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as e:
        raise MarketDataError(f"{path}: cannot be unpacked: {e}") from e
    raise MarketDataError(f"{path}: expected one of {', '.join(SUFFIXES)}")


def _read_csv(
    file: str, raw: bytes, wanted: Mapping[str, str | int], *, has_header: bool, delimiter: str
) -> tuple[dict[str, Cells], list[int]]:
    records = _records(file, raw, delimiter)
    first = records[0][1] if records else []
    names = [name.strip() for name in first] if has_header else []
    places = {ours: _place(file, names, len(first), column) for ours, column in wanted.items()}
    rows = records[1:] if has_header else records
    for line, values in rows:
        if len(values) != len(first):
            raise MarketDataError(f"{file}, row {line}: expected {len(first)} values, found {len(values)}")
    cells = list(zip(*(values for _, values in rows), strict=True)) or [()] * len(first)
    return {ours: list(cells[place]) for ours, place in places.items()}, [line for line, _ in rows]


def _records(file: str, raw: bytes, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the lines of a CSV that are not empty, each with its number."""
    line = 0
    try:
        text = io.StringIO(raw.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as e:
        raise MarketDataError(f"{file}: expected UTF-8 text: {e}") from e
    try:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
    except ValueError as e:
        raise MarketDataError(f"{file}: expected a `delimiter` between values, was {delimiter!r}") from e
    found = []
    try:
        for values in reader:
            line = reader.line_num
            if values:
                found.append((line, values))
    except csv.Error as e:
        raise MarketDataError(f"{file}, row {line + 1}: {e}") from e
    return found


def _place(file: str, names: Sequence[str], width: int, column: str | int) -> int:
    """Return the index of a column given by name or by position from 1."""
    if isinstance(column, int):
        if column > width:
            raise MarketDataError(f"{file}: expected a column {column}, there are {width}")
        return column - 1
    found = names.count(column)
    if found != 1:
        what = "none" if found == 0 else f"{found} of them"
        raise MarketDataError(
            f"{file}: expected one column {column!r}, found {what}; columns: {', '.join(names) or '-'}"
        )
    return names.index(column)


def _read_typed(
    file: str, raw: bytes, suffix: str, wanted: Mapping[str, str | int]
) -> tuple[dict[str, Cells], Sequence[int]]:
    import pyarrow as pa  # noqa: PLC0415  # 30 MB that only these formats need
    from pyarrow import feather, parquet  # noqa: PLC0415

    try:
        read = parquet.read_table if suffix == ".parquet" else feather.read_table
        table = read(pa.BufferReader(raw))
    except (pa.ArrowException, OSError) as e:
        why = str(e).partition("\n")[0]  # a schema may follow
        raise MarketDataError(f"{file}: cannot be read: {why}") from e
    names = table.column_names
    places = {ours: _place(file, names, len(names), column) for ours, column in wanted.items()}
    columns = {ours: _cells(file, table.column(place), names[place]) for ours, place in places.items()}
    return columns, range(1, table.num_rows + 1)


def _cells(file: str, column: "pa.ChunkedArray", name: str) -> Cells:
    import pyarrow as pa  # noqa: PLC0415

    if column.null_count:
        row = column.is_null().to_pylist().index(True) + 1
        raise MarketDataError(f"{file}, row {row}: {name} is empty")
    kind = column.type
    try:
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            ns = column.cast(pa.timestamp("ns", tz=getattr(kind, "tz", None))).cast(pa.int64()).to_numpy()
            return Stamps(ns, getattr(kind, "tz", None) is not None)
        if pa.types.is_integer(kind):
            return cast("NDArray[np.int64]", column.cast(pa.int64()).to_numpy())
        if pa.types.is_floating(kind):
            return cast("NDArray[np.floating[Any]]", column.to_numpy())
        return cast("list[str]", column.cast(pa.string()).to_pylist())
    except pa.ArrowException as e:
        raise MarketDataError(f"{file}: {name} has type {kind}, which is neither number, text nor time: {e}") from e
