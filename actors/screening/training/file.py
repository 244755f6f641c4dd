"""Past orders from a file: CSV with a head, or an object a line; a file with one bad row is refused as a whole."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.screening.training.past import PastOrder, past_order
from config.errors import InvalidInputError, MarketDataError
from config.training import OrderTrainingSection

CSV, LINES = (".csv",), (".jsonl", ".ndjson")
_MOST_BYTES = 2**31
_SHOWN = 5
"""Bad rows that are told; the others are counted."""
Row = tuple[int, Mapping[str, object]]
"""Line of the file, from 1, and its columns."""


class PastOrders(Struct, frozen=True, kw_only=True):
    """What is learnt from."""

    orders: tuple[PastOrder, ...]
    """In the order of time; those of one moment as they came."""
    source: str
    """For people."""
    sha256: str


def read_past(path: Path, section: OrderTrainingSection) -> PastOrders:
    """Return the orders of a file.

    Raises:
        MarketDataError: If it cannot be read, or has rows that are no orders; names file, row and reason.
    """
    name = path.name
    if path.suffix.lower() not in CSV + LINES:
        raise MarketDataError(f"{name}: expected a name that ends with {', '.join(CSV + LINES)}")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise MarketDataError(f"{name}: at most {_MOST_BYTES >> 20} MiB")
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as e:
        raise MarketDataError(f"{path}: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise MarketDataError(f"{name}: expected text in UTF-8") from e
    is_csv = path.suffix.lower() in CSV
    rows = _of_csv(name, text) if is_csv else _of_lines(name, text)
    orders = collected(name, rows, section, is_text=is_csv)
    return PastOrders(orders=orders, source=name, sha256=hashlib.sha256(raw).hexdigest())


def collected(
    name: str, rows: Iterable[Row], section: OrderTrainingSection, *, is_text: bool = False
) -> tuple[PastOrder, ...]:
    """Return checked orders in the order of time.

    Args:
        name: Of the source.
        rows: What it holds.
        section: Where columns are, how many rows there may be.
        is_text: Whether every value is text.

    Raises:
        MarketDataError: If a row is no order, is there twice, or there are too many.
    """
    found: list[PastOrder] = []
    bad: list[str] = []
    seen: dict[tuple[str, int], int] = {}
    for line, row in rows:
        try:
            order = past_order(row, section.fields, is_text=is_text)
            _check_new(order, seen, line)
        except InvalidInputError as e:
            place = "" if e.path is None else f"{e.path.removeprefix('$.')}: "
            bad.append(f"row {line}: {place}{e}")
            continue
        found.append(order)
        if len(found) > section.max_orders:
            raise MarketDataError(f"{name}: at most {section.max_orders} orders (training.orders.max_orders)")
    if bad:
        more = f"; and {len(bad) - _SHOWN} rows more" if len(bad) > _SHOWN else ""
        raise MarketDataError(f"{name}: {'; '.join(bad[:_SHOWN])}{more}")
    return tuple(sorted(found, key=lambda order: order.ts))


def _check_new(order: PastOrder, seen: dict[tuple[str, int], int], line: int) -> None:
    if not order.candidate.order_id:
        return
    first = seen.setdefault((order.candidate.order_id, order.ts), line)
    if first != line:
        raise InvalidInputError(f"order {order.candidate.order_id[:40]!r} of this moment stands in row {first} already")


def _of_csv(name: str, text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise MarketDataError(f"{name}: row {reader.line_num}: expected {len(reader.fieldnames or ())} columns")
            yield reader.line_num, row
    except csv.Error as e:
        raise MarketDataError(f"{name}: row {reader.line_num}: {e}") from e


def _of_lines(name: str, text: str) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(dict[str, object])
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError) as e:
            raise MarketDataError(f"{name}: row {number}: expected a JSON object: {str(e)[:100]}") from e
