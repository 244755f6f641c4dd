"""Names of indicators: one canonical form, bounds, and a catalogue that a bad plug-in cannot break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.indicators.catalogue import MAX_NAME, Catalogue
from actors.indicators.indicator import Indicator
from actors.indicators.parameter import AVERAGES, MAX_PERIOD, period
from config.errors import InvalidInputError, NodeError, NotFoundError
from config.registry import Registry
from tests.unit.plain_indicators import catalogue
from tests.unit.plain_indicators.kinds.plain import Mean

PACKAGE = "tests.unit.plain_indicators.kinds"


@pytest.mark.parametrize(
    ("written", "name", "values"),
    [
        ("MEAN(20)", "MEAN(20)", (20,)),
        ("mean( 20 )", "MEAN(20)", (20,)),
        (" Mean(20.0) ", "MEAN(20)", (20,)),
        ("MEAN(2e1)", "MEAN(20)", (20,)),
        ("MEAN", "MEAN(3)", (3,)),
        ("MEAN()", "MEAN(3)", (3,)),
        ("classmean(+7)", "MEAN(7)", (7,)),
        ("SUM", "SUM()", ()),
        ("RICH", "RICH(2,4,1.5)", (2, 4, 1.5, "ema", "yes", 0.0)),
        ("rich(2,4,1.50,EMA)", "RICH(2,4,1.5)", (2, 4, 1.5, "ema", "yes", 0.0)),
        ("RICH(2,4,-.5,Exponential,no)", "RICH(2,4,-0.5,ema,no)", (2, 4, -0.5, "ema", "no", 0.0)),
        ("RICH(2,4,-0.0,ema,yes,1e-3)", "RICH(2,4,0,ema,yes,0.001)", (2, 4, 0.0, "ema", "yes", 0.001)),
    ],
)
def test_a_name_has_one_canonical_form(written, name, values):
    wanted = catalogue.read(written)

    assert (wanted.name, wanted.values) == (name, values)
    assert catalogue.read(name) == wanted


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "NAME(number"),
        ("MEAN(20", "NAME(number"),
        ("MEAN(20))", "NAME(number"),
        ("MEAN(20)x", "NAME(number"),
        ("MEAN\n(20\x00)", "whole number"),
        ("9MEAN(20)", "NAME(number"),
        ("MEAN(" + "0" * MAX_NAME + "1)", "NAME(number"),
        ("MEAN(0)", "whole number from 1 to 1000"),
        ("MEAN(-1)", "whole number"),
        ("MEAN(1001)", "whole number"),
        ("MEAN(1e9)", "whole number"),
        ("MEAN(1e999)", "whole number"),
        ("MEAN(2.5)", "whole number"),
        ("MEAN(nan)", "whole number"),
        ("MEAN(inf)", "whole number"),
        ("MEAN(0x10)", "whole number"),
        ("MEAN(1_0)", "whole number"),
        ("MEAN(\uff12\uff10)", "whole number"),
        ("MEAN(20,)", "takes 1 parameters (period)"),
        ("SUM(1)", "takes 0 parameters (none)"),
        ("RICH(4,4)", "fast period must be below"),
        ("RICH(2,4,50.1)", "from -2 to 50"),
        ("RICH(2,4,0.1234567)", "of 6 decimals"),
        ("RICH(2,4,1,weighted)", "must be one of sma, ema"),
        ("RICH(2,4,1,ema,maybe)", "must be one of yes, no"),
        ("RICH(2,,1)", "slow must be"),
    ],
)
def test_what_is_wrong_is_told(written, reason):
    with pytest.raises(InvalidInputError) as refused:
        catalogue.read(written)

    assert reason in str(refused.value)


def test_an_indicator_that_does_not_exist_is_not_found():
    with pytest.raises(NotFoundError, match="no indicator 'NOPE'"):
        catalogue.read("NOPE(1)")


@pytest.mark.property
class TestAnyName:
    @given(st.text(max_size=150))
    def test_is_read_or_refused_with_a_code(self, text):
        try:
            wanted = catalogue.read(text)
        except (InvalidInputError, NotFoundError):
            return
        assert catalogue.read(wanted.name) == wanted

    @given(
        fast=st.integers(1, MAX_PERIOD - 1),
        more=st.integers(1, MAX_PERIOD),
        factor=st.decimals(-2, 50, places=6),
        average=st.sampled_from(AVERAGES),
        is_odd=st.sampled_from(("yes", "no")),
        blanks=st.lists(st.sampled_from(("", " ", "  ", "\t")), min_size=11, max_size=11),
        is_small=st.booleans(),
    )
    def test_of_right_parameters_means_the_same_however_it_is_written(
        self, fast, more, factor, average, is_odd, blanks, is_small
    ):
        slow = min(fast + more, MAX_PERIOD)
        plain = f"RICH({fast},{slow},{factor},{average},{is_odd})"
        parts = [fast, ",", f"{slow}.0", ",", f"{factor:e}", ",", average, ",", is_odd, ""]
        spread = (
            "RICH(" + "".join(f"{blank}{part}" for blank, part in zip(blanks, parts, strict=False)) + blanks[-1] + ")"
        )
        spread = spread.lower() if is_small else spread
        if len(spread) > MAX_NAME:
            return

        wanted = catalogue.read(spread)

        assert wanted == catalogue.read(plain)
        assert wanted.values[:4] == (fast, slow, float(factor), average)
        assert " " not in wanted.name


def registry_with(name, kind):
    registry = Registry("indicator", PACKAGE)
    registry.register(name)(kind)
    return registry


class Sound(Indicator):
    """Fine."""

    def handle_bar(self, bar):
        pass

    def values(self):
        return (0.0,)


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("small", Sound, "capitals"),
        ("TEXT", str, "subclass of Indicator"),
        ("ABSTRACT", type("Abstract", (Indicator,), {}), "abstract"),
        ("NONE", type("Silent", (Sound,), {"outputs": ()}), "outputs"),
        ("ODD", type("Odd", (Sound,), {"outputs": ("a b",)}), "outputs"),
        ("LINES", type("Lines", (Sound,), {"lines": ("other",)}), "lines some of them"),
        ("DEFAULT", type("Default", (Sound,), {"parameters": (period(0),)}), "from 1 to 1000"),
        ("TAKES", type("Takes", (Sound,), {"parameters": (period(1),)}), "TypeError"),
    ],
)
def test_a_plug_in_that_is_no_indicator_is_listed_and_skipped(name, kind, reason):
    registry = registry_with(name, kind)
    broken = Catalogue(registry)

    assert name not in [one.name for one in broken.kinds()]
    assert reason in registry.broken[name]
    with pytest.raises(NodeError):
        broken.read(f"{name}(1)")


def test_a_plug_in_does_not_take_the_name_of_another():
    registry = registry_with("SOUND", type("Sound", (Sound,), {"aliases": ("MEAN", "mine")}))
    registry.register("MEAN")(Mean)
    both = Catalogue(registry)

    assert both.read("MEAN(4)").kind is Mean
    assert both.read("mine").name == "SOUND()"


def test_the_catalogue_tells_what_the_page_needs():
    kinds = {one.name: one for one in catalogue.kinds()}

    assert list(kinds) == ["FRAGILE", "MEAN", "RICH", "SUM"]
    assert kinds["MEAN"].about == "Mean of the last closes."
    assert (kinds["SUM"].outputs, kinds["SUM"].lines, kinds["SUM"].is_cumulative) == (
        ("total", "bars"),
        ("total",),
        True,
    )
    assert kinds["RICH"].parameters[0].maximum == MAX_PERIOD
    assert {one.source for one in kinds.values()} == {"plugin"}
