"""How clients of other designs name instruments: `BTCUSDT`, `btc/usdt` and `BTC-USDT` are one, on one venue."""

import difflib
from collections.abc import Mapping

from actors.market import INTERVALS, Instrument
from config.errors import ConfigError, UnknownInstrumentError

_SEPARATORS = str.maketrans("", "", "-_/")
_SHOWN = 5


class Symbols:
    """Symbol -> instrument and back; where both trade, a symbol means the spot instrument, not the perpetual."""

    def __init__(self, instruments: Mapping[str, Instrument], venue: str | None) -> None:
        """Read the instruments.

        Args:
            instruments: All of the market, by id.
            venue: Where symbols are looked for; None: the venue of the first instrument.

        Raises:
            ConfigError: If the venue has no instrument.
        """
        venues = list(dict.fromkeys(one.venue for one in instruments.values()))
        if venue is not None and venue not in venues:
            raise ConfigError(f"dialects.default_venue: expected one of {', '.join(venues)}, was {venue!r}")
        self._ids = frozenset(instruments)
        self._by_word: dict[str, dict[str, Instrument]] = {}
        for name, one in instruments.items():
            if one.venue == (venue or venues[0]):
                for word in (plain(one.symbol), plain(one.base_currency + one.quote_currency)):
                    self._by_word.setdefault(word, {})[name] = one
        self._symbols = self._names()

    def find(self, symbol: str) -> str:
        """Return the instrument id that a symbol means; an instrument id means itself.

        Raises:
            UnknownInstrumentError: If it means none, or more than one; the message names the candidates.
        """
        if symbol in self._ids:
            return symbol
        candidates = self._by_word.get(plain(symbol), {})
        found = _meant(candidates)
        if found is not None:
            return found
        if candidates:
            raise UnknownInstrumentError(f"symbol {symbol[:40]!r} may mean {' or '.join(candidates)}, name one of them")
        raise UnknownInstrumentError(f"no instrument has the symbol {symbol[:40]!r}, {self._near(plain(symbol[:40]))}")

    def symbol(self, instrument_id: str) -> str | None:
        """Return the shortest symbol that means an instrument; None for one of another venue."""
        return self._symbols.get(instrument_id)

    def _names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for word in sorted(self._by_word, key=len):
            found = _meant(self._by_word[word])
            if found is not None:
                names.setdefault(found, word)
        return names

    def _near(self, word: str) -> str:
        words = difflib.get_close_matches(word, self._by_word, n=_SHOWN, cutoff=0.5) or list(self._by_word)[:_SHOWN]
        names = dict.fromkeys(name for one in words for name in self._by_word[one])
        return f"there are {', '.join(names)}"


def plain(symbol: str) -> str:
    """Return a symbol without separators, in capitals."""
    return symbol.translate(_SEPARATORS).upper()


def interval_named(timeframe: str) -> str:
    """Return the interval of a client's word: `1H` is `1h`, `1M` is a month; an unknown word as it is."""
    return timeframe if timeframe in INTERVALS or timeframe.lower() not in INTERVALS else timeframe.lower()


def _meant(candidates: Mapping[str, Instrument]) -> str | None:
    spots = [name for name, one in candidates.items() if one.kind == "spot"]
    chosen = spots or list(candidates)
    return chosen[0] if len(chosen) == 1 else None
