"""Simulated markets for tests: small ones with a fixed beginning."""

from adapters.sim.feed import SimFeed
from config.schema import SimInstrument, SimSection

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
START = 1_767_225_600_000_000_000 + 37_123_456_789
"""2026-01-01 00:00:37, in the middle of a minute."""
BTC, ETH, SWAP = "BTC-USDT.SIM", "ETH-USDT.SIM", "BTC-USDT-SWAP.SIM"
EVER = 2**62


def entry(**changes) -> SimInstrument:
    """Return an instrument of a configuration with 2 places of price and 3 of size."""
    given = {"base": "ABC", "price": "250", "price_precision": 2, "size_precision": 3}
    return SimInstrument(**{**given, "min_quantity": "0.001", "max_quantity": "100", **changes})


def market(*, position: int | None = None, **changes) -> SimFeed:
    """Return the default market with two days of history."""
    return SimFeed(SimSection(**{"history_days": 2, **changes}), START, position)


def one(*, position: int | None = None, seed: int = 1, **changes) -> SimFeed:
    """Return a market of the instrument `ABC.SIM` alone with a day of history."""
    section = SimSection(seed=seed, history_days=1, instruments={"ABC": entry(**changes)})
    return SimFeed(section, START, position)
