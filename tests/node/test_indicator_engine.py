"""Every indicator of the engine: there, equal to the engine's own object, safe at the edges of its bounds."""

import asyncio
import csv
import inspect
import itertools
import json
import math
import os
import resource
from datetime import datetime
from pathlib import Path

import nautilus_trader.indicators as engine
import pytest
from nautilus_trader.model import PriceType

from actors.indicators.catalogue import Catalogue
from actors.indicators.engine import bar_maker
from actors.indicators.indicator import indicators
from actors.indicators.parameter import Parameter
from actors.indicators.running import Running
from actors.indicators.store import RunningIndicators
from actors.market import MINUTE_NS, BarRow, interval_of
from config.errors import InvalidInputError
from config.schema import BufferSection, IndicatorsSection
from tests.bridge.fakes import FakeBars
from tests.unit.walks import INSTRUMENT, NAME, START, line, walk

SAMPLE = Path(__file__).parents[2] / "config" / "samples" / "btc-usdt-1m.csv"
CATALOGUE = Catalogue()
KINDS = {kind.name: kind for kind in CATALOGUE.kinds()}
VARIANTS = (
    "BB(50,1.5,ema)",
    "EMA(200)",
    "KC(50,3,20,sma,ema,no,5)",
    "KVO(100,200,rma)",
    "MACD(5,35,5,sma)",
    "ROC(7,log)",
    "RSI(50,hma)",
    "STOCH(21,7,1,ema,ratio)",
    "VIDYA(30,9,ema)",
)
PARTS = {"sma": "Simple", "ema": "Exponential", "dema": "DoubleExponential", "rma": "Wilder", "hma": "Hull"}
LEFT_OUT = {"price_type", "weights", "use_log"}
"""Of ticks only; a list; and what `mode` says too."""


def sample_rows():
    with SAMPLE.open() as file:
        return [
            BarRow(
                int(datetime.fromisoformat(one["timestamp"]).timestamp()) * 1_000_000_000,
                *(round(float(one[name]) * 100) for name in ("open", "high", "low", "close")),
                round(float(one["volume"]) * 1_000_000),
            )
            for one in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def bars():
    return [*map(bar_maker(INSTRUMENT, interval_of("1m")), sample_rows())]


def engine_object(wanted):
    """The engine's own object, made by hand."""
    words = {
        **{word: getattr(engine.MovingAverageType, name) for word, name in PARTS.items()},
        "percentage": engine.RateOfChangeMode.Percentage,
        "log": engine.RateOfChangeMode.Log,
        "ratio": engine.StochasticsDMethod.Ratio,
        "moving_average": engine.StochasticsDMethod.MovingAverage,
        "yes": True,
        "no": False,
    }
    given = zip(wanted.kind.parameters, wanted.values, strict=True)
    arguments = {one.name: words.get(value, value) for one, value in given}
    return getattr(engine, wanted.kind.__name__)(**arguments)


def told(name, theirs):
    """What the engine's object tells, as it goes on the wire."""
    if name == "FUZZY":
        return theirs.vector or [math.nan] * 5
    return [getattr(theirs, output) / (1e6 if "datetime" in output else 1) for output in KINDS[name].outputs]


def test_every_class_of_the_engine_that_takes_bars_is_there():
    every = {name for name in dir(engine) if hasattr(getattr(engine, name), "handle_bar")}

    assert {indicators.get(name).__name__ for name in KINDS} == every
    assert len(KINDS) >= 37


@pytest.mark.parametrize("name", KINDS)
class TestEveryIndicator:
    def test_every_argument_of_the_constructor_is_a_parameter(self, name):
        theirs = inspect.signature(getattr(engine, indicators.get(name).__name__)).parameters

        assert {one.name for one in KINDS[name].parameters} == theirs.keys() - LEFT_OUT

    def test_every_numeric_property_is_an_output(self, name):
        wanted = CATALOGUE.read(name)
        theirs = engine_object(wanted)
        properties = {
            one for one in dir(theirs) if not one.startswith("_") and isinstance(getattr(theirs, one), int | float)
        }
        known = {one.name for one in KINDS[name].parameters} | {"count", "has_inputs", "initialized", "use_log"}
        flags = {one for one in properties if one.startswith(("has_", "alpha"))}
        missing = properties - known - flags - {*KINDS[name].outputs}

        assert missing == set()

    def test_it_is_told_for_people(self, name):
        kind = KINDS[name]

        assert kind.about.endswith(".")
        assert len(kind.about) < 130
        assert all(one.about for one in kind.parameters)
        assert kind.source == "engine"

    def test_the_class_name_is_an_alias(self, name):
        assert CATALOGUE.read(indicators.get(name).__name__.lower()) == CATALOGUE.read(name)


@pytest.mark.parametrize("text", [*KINDS, *VARIANTS])
def test_real_bars_give_the_values_of_the_engine_s_own_object(text, bars):
    wanted = CATALOGUE.read(text)
    name = wanted.name.partition("(")[0]
    theirs, ours = engine_object(wanted), Running(wanted)
    ours.feed(bars)
    seen = 0
    for index, bar in enumerate(bars):
        theirs.handle_bar(bar)
        for mine, value in zip(ours.row(index), told(name, theirs), strict=True):
            if not math.isnan(mine):
                assert mine == value
                seen += 1
            elif theirs.initialized:
                assert not math.isfinite(value)

    assert seen > 2_000
    assert ours.failure is None


@pytest.mark.parametrize("text", [*KINDS, *VARIANTS])
def test_the_start_does_not_matter_once_it_is_forgotten(text, bars):
    wanted = CATALOGUE.read(text)
    ours = Running(wanted)
    ours.feed(bars)
    columns = [[value for value in column if not math.isnan(value)] for column in ours.columns]
    for end in range(1_700, len(bars), 311):
        late = Running(wanted)
        late.feed(bars[max(0, end - wanted.memory) : end])
        for index, (mine, other) in enumerate(zip(late.row(-1), ours.row(end - 1), strict=True)):
            size = max(1e-9, *map(abs, columns[index]))
            assert wanted.kind.is_cumulative or math.isclose(mine, other, abs_tol=1e-6 * size)


class Looked:
    """A listener that waits for values of the open bar."""

    def __init__(self):
        self.event = asyncio.Event()

    def looked(self, place):
        self.event.set()

    def grown(self, place):
        pass

    ready = replaced = grown


async def test_the_open_bar_has_the_values_with_which_it_closes():
    rows = [*sample_rows()[:2_000], *walk(1, start=sample_rows()[2_000].ts_open)]
    bars, names = FakeBars([INSTRUMENT]), [CATALOGUE.read(text).name for text in (*KINDS, *VARIANTS)]
    bars.put(NAME, "1m", rows[:-1])
    bars.growing[NAME, "1m"] = rows[-1]
    running = RunningIndicators(IndicatorsSection(), BufferSection(), bars, bar_maker)
    running.listener = heard = Looked()
    for name in names:
        await running.page(NAME, "1m", name, start=None, end=None, limit=1)
        running.growing(NAME, "1m", name)
    grown = {}
    while len(grown) < len(names):
        await asyncio.wait_for(heard.event.wait(), 60.0)
        heard.event.clear()
        grown = {name: data for name in names if (data := running.growing(NAME, "1m", name)) is not None}

    bars.growing.clear()
    bars.put(NAME, "1m", rows)
    for name in names:
        page = await running.page(NAME, "1m", name, start=None, end=None, limit=1)
        closed, grew = json.loads(page.rows[0]), json.loads(grown[name])
        assert (grew["t"], grew["closed"]) == (closed["t"], False)
        assert grew["values"] == pytest.approx(closed["values"], rel=1e-6, abs=1e-6), name


def test_the_weighted_price_does_not_begin_anew_with_a_day(bars):
    """Why it is told as a sum from the first bar on."""
    vwap = Running(CATALOGUE.read("VWAP"))
    vwap.feed(bars)
    volumes = [float(bar.volume) for bar in bars]
    typical = [sum(float(price) for price in (bar.high, bar.low, bar.close)) / 3 for bar in bars]
    mean = sum(price * volume for price, volume in zip(typical, volumes, strict=True)) / sum(volumes)

    assert vwap.row(-1)[0] == pytest.approx(mean)
    assert KINDS["VWAP"].is_cumulative


def extremes(parameter):
    """The values at the edges."""
    if parameter.type == "choice":
        return parameter.choices
    return parameter.minimum, parameter.maximum


def markets():
    """Bars that are hard on arithmetic; none that the buffer would refuse."""
    huge, tiny = 10**15, 1
    yield walk(400)
    yield line(400)
    yield line(400, step=100)
    yield line(400, step=-100)
    yield [BarRow(START + i * MINUTE_NS, huge, huge, tiny, huge - i, 10**15) for i in range(400)]
    yield [BarRow(START + i * MINUTE_NS, tiny, tiny + i % 2, tiny, tiny, 0) for i in range(400)]


@pytest.mark.parametrize("name", KINDS)
def test_at_the_edges_of_its_bounds_it_neither_ends_the_process_nor_takes_its_memory(name):
    kind = KINDS[name]
    choices = [extremes(one) for one in kind.parameters]
    given = [tuple(one.default for one in kind.parameters), *itertools.islice(itertools.product(*choices), 128)]
    names = [f"{name}({','.join(map(Parameter.text, kind.parameters, values))})" for values in given]

    child = os.fork()
    if child == 0:
        os._exit(_survive(names))
    _, status = os.waitpid(child, 0)

    assert os.WIFEXITED(status), f"ended by signal {os.WTERMSIG(status)}"
    assert os.WEXITSTATUS(status) == 0


def _survive(names):
    """Feed everything in a process that may have little; return 0 when only what has a code was refused."""
    try:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        maker = bar_maker(INSTRUMENT, interval_of("1m"))
        fed = [[*map(maker, rows)] for rows in markets()]
        for text, bars in itertools.product(names, fed):
            try:
                one = Running(CATALOGUE.read(text))
            except InvalidInputError:
                continue
            one.feed(bars)
            if any(math.isinf(value) for column in one.columns for value in column):
                return 3
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    except BaseException:  # noqa: BLE001  # whatever it was, also a panic
        return 4
    return 0 if grown < 200_000 else 5


def test_prices_of_ticks_have_no_part_in_bars(bars):
    """Why `price_type` is no parameter."""
    ask = engine.ExponentialMovingAverage(5, PriceType.ASK)
    last = engine.ExponentialMovingAverage(5)
    for bar in bars[:50]:
        ask.handle_bar(bar)
        last.handle_bar(bar)

    assert ask.value == last.value
