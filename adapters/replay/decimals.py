"""Recorded numbers -> exact integers in units of 10^-places; what does not fit is refused, never rounded away."""

import re
from decimal import Context, Decimal
from typing import Any, cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from adapters.replay.table import Stamps, Table
from config.errors import MarketDataError

FLOAT_NOISE_ULPS = 4.0
"""A float64 holds no decimals: 0.01698499 may stand there as 0.016984990000000002. So much is taken as noise."""
SUM_NOISE = 1e-12
"""Share by which a float volume may miss its decimals: it is a sum, and each addition rounds."""

_MAX_UNITS = 2**62
_MAX_TEXT = 400
_EXACT = Context(prec=_MAX_TEXT)
"""Keeps every digit of a text; the default one rounds at 28."""
_MAX_FLOAT_UNITS = 2.0**52
_PLAIN = re.compile(r"(-?[0-9]+)(?:\.([0-9]*))?", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)


class DecimalColumn(Struct, frozen=True):
    """One column of a table whose values have at most so many decimal places."""

    table: Table
    name: str
    places: int
    """Decimal places of one unit: 2 makes 1.5 the unit 150."""
    setting: str
    """What the configuration calls `places`, for messages."""
    is_sum: bool = False
    """Whether values were added up before they were written, which widens the noise of floats."""

    def units(self) -> NDArray[np.int64]:
        """Return the column as exact integers, shape (n,).

        Raises:
            MarketDataError: If a value is no finite number, too large, or has more places.
        """
        cells = self.table.columns[self.name]
        if isinstance(cells, Stamps):
            raise self._refusal(0, " is a time stamp, expected a number")
        if isinstance(cells, list):
            return self._from_text(cells)
        if cells.dtype.kind == "f":
            return self._from_floats(cast("NDArray[np.floating[Any]]", cells))
        return self._from_integers(cells.astype(np.int64))

    def _from_text(self, cells: list[str]) -> NDArray[np.int64]:
        found = np.empty(len(cells), dtype=np.int64)
        match, places, padding = _PLAIN.fullmatch, self.places, "0" * self.places
        for index, text in enumerate(cells):
            if len(text) > _MAX_TEXT:
                raise self._refusal(index, f" is too large: {text[:40]}")
            plain = match(text)
            if plain is None or len(plain[2] or "") > places:
                units = self._from_any_text(index, text.strip())
            else:
                units = int(plain[1] + ((plain[2] or "") + padding)[:places])
            if not -_MAX_UNITS < units < _MAX_UNITS:
                raise self._refusal(index, f" is too large: {text[:40]}")
            found[index] = units
        return found

    def _from_any_text(self, index: int, text: str) -> int:
        """Read the rarer spellings: spaces around, a sign, an exponent, zeros at the end."""
        if not _DECIMAL.fullmatch(text):
            raise self._refusal(index, f": expected a number, found {repr(text[:40]) if text else 'nothing'}")
        exact = Decimal(text)
        if abs(exact) >= _MAX_UNITS:
            return _MAX_UNITS
        places = -int(exact.normalize(_EXACT).as_tuple().exponent) if exact else 0
        if places > self.places:
            raise self._refusal(index, f" {text[:40]} has {places} decimal places, {self.setting} is {self.places}")
        return int(exact.scaleb(self.places, _EXACT))

    def _from_integers(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        limit = _MAX_UNITS // 10**self.places
        self._refuse_if((cells > limit) | (cells < -limit), cells, " is too large: {}")
        return np.asarray(cells * 10**self.places, dtype=np.int64)

    def _from_floats(self, cells: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """Take each float as the nearest decimal with `places`, when only noise lies between the two."""
        self._refuse_if(~np.isfinite(cells), cells, ": expected a number, found {}")
        units = np.rint(cells.astype(np.float64) * 10.0**self.places)
        self._refuse_if(np.abs(units) > _MAX_FLOAT_UNITS, cells, f": {self.places} places of {{}} exceed a float64")
        nearest = (units / 10.0**self.places).astype(cells.dtype)
        noise = FLOAT_NOISE_ULPS * np.spacing(np.abs(nearest))
        if self.is_sum:
            noise = np.maximum(noise, SUM_NOISE * np.abs(nearest))
        reason = f" {{}} has more decimal places than {self.setting}, which is {self.places}"
        self._refuse_if(np.abs(cells - nearest) > noise, cells, reason)
        return units.astype(np.int64)

    def _refuse_if(self, bad: NDArray[np.bool_], cells: NDArray[Any], reason: str) -> None:
        if bad.any():
            index = int(bad.argmax())
            raise self._refusal(index, reason.format(cells[index]))

    def _refusal(self, index: int, reason: str) -> MarketDataError:
        return self.table.refuse(index, self.name + reason)


def quotients(table: Table, name: str, divisors: NDArray[np.int64], places: int, into: int) -> NDArray[np.int64]:
    """Return a column divided by exact units: a volume in quote currency by the close gives base units.

    Args:
        table: Where the column is.
        name: Its name there.
        divisors: Positive units of 10^-`places`, shape (n,).
        places: Decimal places of the divisors.
        into: Decimal places of the result, to which it is rounded half to even: a quotient has no exact places.

    Raises:
        MarketDataError: If a value is no finite number, or the result is too large.
    """
    values = _floats(table, name)
    found = np.rint(values / (divisors / 10.0**places) * 10.0**into)
    bad = ~(np.abs(found) < _MAX_UNITS)
    if bad.any():
        index = int(bad.argmax())
        raise table.refuse(index, f"{name}: expected a number of reasonable size, found {values[index]}")
    return found.astype(np.int64)


def _floats(table: Table, name: str) -> NDArray[np.float64]:
    cells = table.columns[name]
    if isinstance(cells, Stamps):
        raise table.refuse(0, f"{name} is a time stamp, expected a number")
    if not isinstance(cells, list):
        return cells.astype(np.float64)
    for index, text in enumerate(cells):
        if not _DECIMAL.fullmatch(text.strip()):
            raise table.refuse(index, f"{name}: expected a number, found {text[:40]!r}")
    return np.array(cells, dtype=np.float64)
