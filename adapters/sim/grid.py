"""Where the orders of a simulated book gather: one price in each cell of a grid, at its own place in the cell."""

from adapters.sim.columns import Columns

_SCATTER = 40_503
_FRACTION = 16
_MASK = 2**_FRACTION - 1
_CELLS_A_PRICE = 2_000
"""So many cells reach from zero to the first price at least, so that there is room below it in every market."""
_ROUND = (5, 2, 1)


class Grid:
    """The prices at which orders may rest; cells are numbered from price zero, prices are exact units."""

    def __init__(self, width: int) -> None:
        """Make cells of `width` price units."""
        self.width = width

    @classmethod
    def of_moves(cls, move: float, price: int) -> "Grid":
        """Return a grid in which a price near `price` goes on by some cells when it makes a typical `move`."""
        most = min(move, price / _CELLS_A_PRICE)
        power = 1
        while 10 * power <= most:
            power *= 10
        return cls(next((times * power for times in _ROUND if times * power <= most), 1))

    def price[N: (int, Columns)](self, cell: N) -> N:
        """Return the price in a cell."""
        found: N = cell * self.width + ((cell * _SCATTER & _MASK) * self.width >> _FRACTION)
        return found

    def below[N: (int, Columns)](self, price: N) -> N:
        """Return the last cell whose price is below `price`; the price in cell zero is zero and no price."""
        cell = price // self.width
        return cell - (self.price(cell) >= price)

    def above(self, price: int) -> int:
        """Return the first cell whose price is above `price`."""
        cell = price // self.width
        return cell + (self.price(cell) <= price)
