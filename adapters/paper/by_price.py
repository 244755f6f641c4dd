"""Orders ordered by a price, so that a tick asks the nearest one alone."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from adapters.paper.order import PaperOrder


class ByPrice:
    """Orders by a price each, in the order of their coming; the nearest price is the first that a market reaches."""

    __slots__ = ("_at", "_keys", "_sign")

    def __init__(self, sign: int) -> None:
        """Start empty; `sign` is 1 where a rising market reaches low prices first, -1 where a falling one does high."""
        self._sign = sign
        self._keys: list[int] = []
        self._at: dict[int, dict[PaperOrder, None]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._at.values()))

    @property
    def nearest(self) -> int | None:
        """The price that is reached first."""
        return self._keys[0] * self._sign if self._keys else None

    def prices(self) -> Iterator[int]:
        """Yield every price, nearest first."""
        return (key * self._sign for key in self._keys)

    def at(self, price: int) -> list[PaperOrder]:
        """Return the orders of one price, the oldest first; a copy."""
        return list(self._at.get(price, ()))

    def has(self, price: int) -> bool:
        """Return whether there is an order of that price."""
        return price in self._at

    def first(self, price: int) -> PaperOrder | None:
        """Return the oldest order of the nearest price when a market at `price` has reached that one."""
        if not self._keys or self._keys[0] > price * self._sign:
            return None
        return next(iter(self._at[self._keys[0] * self._sign]))

    def first_beyond(self, price: int) -> PaperOrder | None:
        """Return the oldest order of the nearest price when a market at `price` has gone through that one."""
        if not self._keys or self._keys[0] >= price * self._sign:
            return None
        return next(iter(self._at[self._keys[0] * self._sign]))

    def put(self, price: int, order: PaperOrder) -> None:
        """Add an order, the last of its price."""
        found = self._at.get(price)
        if found is None:
            found = self._at[price] = {}
            insort(self._keys, price * self._sign)
        found[order] = None

    def drop(self, price: int, order: PaperOrder) -> None:
        """Take an order away."""
        found = self._at[price]
        del found[order]
        if not found:
            del self._at[price]
            del self._keys[bisect_left(self._keys, price * self._sign)]
