"""The indicator that the guide shows works as it stands, found by its entry point."""

import sys
from math import isnan
from statistics import mean

import pytest

from actors.indicators.catalogue import Catalogue
from actors.indicators.indicator import Indicator, indicators
from actors.indicators.running import Running
from config.registry import Registry
from tests.guide_package import GUIDE, install
from tests.unit.walks import line, walk


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(install(tmp_path))
    registry: Registry[Indicator] = Registry("indicator", "tests.unit.plain_indicators.kinds", indicators._group)
    yield Catalogue(registry)
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


def test_it_is_in_the_catalogue(catalogue):
    (kind,) = catalogue.kinds()

    assert (kind.name, kind.source, kind.pane) == ("CHOP", "plugin", "own")
    assert kind.about.startswith("Way gone over the range")
    assert kind.parameters[0].minimum == 2
    assert catalogue.read("chop_index( 20 )").name == "CHOP(20)"


@pytest.mark.parametrize(("rows", "low", "high"), [(walk(60), 20, 100), (line(60, step=100), 0, 1)])
def test_it_tells_what_it_says(catalogue, rows, low, high):
    one = Running(catalogue.read("CHOP(14)"))
    one.feed(rows)

    assert [isnan(value) for (value,) in map(one.row, range(60))] == [True] * 13 + [False] * 47
    found = [one.row(index)[0] for index in range(13, 60)]
    assert all(0.0 <= value <= 100.0 for value in found)
    assert low <= mean(found) <= high
    assert one.failure is None


def test_every_attribute_it_may_set_is_told():
    text = GUIDE.read_text()
    told = {"parameters", "check", "outputs", "lines", "pane", "memory", "is_cumulative", "aliases"}
    own = {name for name in vars(Indicator) if not name.startswith("_")} - {"handle_bar", "values", "is_engine"}

    assert own == told
    assert all(f"| `{name}" in text for name in told)
