"""Past orders -> what a model learns from: the features of the node's own code, results, and when they were known."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from actors.market import MINUTE_NS
from actors.screening.candidate import NAMES as STRATEGIES
from actors.screening.model import INSTRUMENT_ID, INTERVAL, golden_order
from actors.screening.training.file import PastOrders
from actors.screening.training.past import PastOrder
from actors.signal.order_features import NAMES, SCHEMA, order_vector, schema_hash
from actors.signal.session import Session
from actors.signal.training.examples import Origin, Schema
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.weights import effective, weights
from config.errors import MarketDataError
from config.training import OrderTrainingSection

HOUR_NS = 60 * MINUTE_NS
_MOST_SLOTS = 20 * 366 * 24 * 60
"""Twenty years of minutes."""


class OrderExamples(Struct, frozen=True, kw_only=True):
    """Examples of orders, in the order of time; slots are minutes, counted from the first order's.

    The planted future is the result itself; the kind of an example is its strategy.
    """

    past: PastOrders
    session: Session | None
    vectors: Floats
    """Shape (n, 27)."""
    index: Ints
    end: Ints
    y: Ints
    ts: Ints
    group: Ints

    @property
    def schema(self) -> Schema:
        """Return what the numbers mean."""
        return Schema(name=SCHEMA, names=NAMES, hash=schema_hash(), golden=golden_order())

    @property
    def origin(self) -> Origin:
        """Return where the examples come from."""
        return Origin(
            instrument_id=INSTRUMENT_ID,
            interval=INTERVAL,
            sha256=self.past.sha256,
            from_ns=int(self.ts[0]),
            until_ns=int(self.ts[0] // MINUTE_NS + self.end.max()) * MINUTE_NS,
            slot_ns=MINUTE_NS,
        )

    @property
    def sources(self) -> int:
        """Return how many orders there are."""
        return len(self.index)

    @property
    def profit(self) -> Floats | None:
        """Return the profit of each order, shape (n,); None unless all are known."""
        profits = [order.profit for order in self.past.orders]
        return None if None in profits else np.array(profits, np.float64)

    @property
    def has_volatility(self) -> bool:
        """Return whether a volatility index is among what was known."""
        first = NAMES.index("volatility_level")
        return bool(np.any(self.vectors[:, first : first + 3]))

    def __len__(self) -> int:
        return len(self.index)

    def x(self, rows: Ints) -> Floats:
        """Return the features of these examples, shape (rows, 27)."""
        return np.asarray(self.vectors[rows])

    def weights(self, rows: Ints) -> Floats:
        """Return how much these examples count among themselves, with a mean of 1."""
        return weights(self.index[rows], self.end[rows])

    def effective(self, rows: Ints) -> float:
        """Return how many independent labels these examples are worth."""
        return effective(self.index[rows], self.end[rows])

    def future(self, rows: Ints) -> Floats:
        """Return the results of these examples as -0.5 and 0.5."""
        return np.asarray(self.y[rows] - 0.5)

    def beginning(self, count: int) -> Floats:
        """Return the features of the first orders, computed without the later ones."""
        return _vectors(self.past.orders[:count], self.session)


def order_examples(past: PastOrders, session: Session | None, section: OrderTrainingSection) -> OrderExamples:
    """Return the examples of past orders.

    Args:
        past: The orders.
        session: Trading hours that are in the features.
        section: How long an order is open that does not say it.

    Raises:
        MarketDataError: If there are none, or they are decades apart.
    """
    if not past.orders:
        raise MarketDataError(f"{past.source}: has no orders")
    ts = np.array([order.ts for order in past.orders], np.int64)
    lasts = round(section.lasts_h * HOUR_NS)
    known = np.array([order.ts + lasts if order.resolved is None else order.resolved for order in past.orders])
    first = int(ts[0]) // MINUTE_NS
    index, end = ts // MINUTE_NS - first, -(-known // MINUTE_NS) - first
    if int(end.max()) > _MOST_SLOTS:
        begin, last = (datetime.fromtimestamp(at / 1e9, UTC).date() for at in (int(ts[0]), int(known.max())))
        raise MarketDataError(f"{past.source}: orders and their ends lie more than 20 years apart, {begin} to {last}")
    return OrderExamples(
        past=past,
        session=session,
        vectors=_vectors(past.orders, session),
        index=index,
        end=np.maximum(end, index + 1),
        y=np.array([order.won for order in past.orders], np.int64),
        ts=ts,
        group=_groups(past.orders),
    )


def _vectors(orders: Sequence[PastOrder], session: Session | None) -> Floats:
    """Return what the node would have asked a model about each order, shape (n, 27)."""
    return np.array(
        [order_vector(one.candidate.order(one.market.price, one.ts), one.market, session) for one in orders]
    )


def _groups(orders: Sequence[PastOrder]) -> Ints:
    kinds = [order.candidate.kind for order in orders]
    there = [kind for kind in STRATEGIES if kind in kinds]
    return np.array([there.index(kind) for kind in kinds], np.int64)
