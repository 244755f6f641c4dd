"""What was computed lately, so that it need not be computed again; what is forgotten is simply computed once more."""

from collections import OrderedDict
from collections.abc import Callable


class Recent[V]:
    """A bounded memory of a pure function of one integer; the value used longest ago goes first."""

    def __init__(self, make: Callable[[int], V], size: int) -> None:
        """Remember at most `size` results of `make`."""
        self._make = make
        self._size = size
        self._values: OrderedDict[int, V] = OrderedDict()

    def __getitem__(self, key: int) -> V:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
            return value
        value = self._values[key] = self._make(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: int) -> bool:
        return key in self._values
