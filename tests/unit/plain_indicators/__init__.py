"""Indicators for tests that need no engine: the bars they are handed are exact rows."""

from actors.indicators.catalogue import Catalogue
from actors.indicators.indicator import Indicator
from config.registry import Registry

plain: Registry[Indicator] = Registry("indicator", "tests.unit.plain_indicators.kinds")
catalogue = Catalogue(plain)


def as_it_is(_instrument, _interval):
    """Make no other bar of a row."""
    return lambda row: row
