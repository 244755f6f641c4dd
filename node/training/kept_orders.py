"""Past orders that the node itself has judged and been told of, read from its file while it may be running."""

import sqlite3
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import structs

from actors.screening.kept import past_row
from actors.screening.training.file import PastOrders, collected
from actors.store.analyses.screened import learnable
from actors.store.opening import open_reader
from config.errors import ConfigError, MarketDataError
from config.training import OrderTrainingSection


def read_kept(path: Path, section: OrderTrainingSection) -> PastOrders:
    """Return the orders of a file of analyses whose outcomes are known.

    Raises:
        MarketDataError: If there is no such file, or it cannot be read.
    """
    if not path.is_file():
        raise MarketDataError(f"{path.name}: no judged orders are kept here yet")
    try:
        connection = open_reader(path)
        try:
            rows = [past_row(kept) for kept in learnable(connection, section.max_orders + 1)]
        finally:
            connection.close()
    except (sqlite3.Error, ConfigError, msgspec.ValidationError) as e:
        raise MarketDataError(f"{path.name}: cannot be read: {e}") from e
    orders = collected(path.name, enumerate(rows, 1), structs.replace(section, fields={}))
    digest = sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest()
    return PastOrders(orders=orders, source=f"orders kept in {path.name}", sha256=digest)
