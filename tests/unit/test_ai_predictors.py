"""Predictors that ask AI services: what they ask, what they believe, how old it is, and that no bar waits for them."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from actors.market import MINUTE_NS, SECOND_NS, interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES
from actors.signal.outside.client import HttpClient
from actors.signal.outside.opinion import LieError
from actors.signal.outside.service import Service
from actors.signal.outside.spend import Spend
from actors.signal.predictor import PredictorContext, build_predictor
from actors.signal.predictors.llm import read_completion
from actors.signal.stream import SignalStream
from actors.store.analyses.rows import version_of
from config.ai import AiService
from config.errors import ConfigError
from config.signals import PredictorConfig, SignalConfig
from tests.ai_double import AiDouble, OwnPace, chat
from tests.unit.walks import INSTRUMENT, walk

BTC = INSTRUMENT.instrument_id
ROWS = walk(300)
LOADED = 200
SAID = {"instrument_id": BTC, "signal": "short", "confidence": 0.8, "reasoning": "Lower highs."}


class World:
    """A signal stream whose predictors may ask one service; implements `ports.Background`."""

    def __init__(self, double, client, predictors, interval="1m", **config):
        self.double, self.pace, self.tasks, self.next = double, OwnPace(), set(), LOADED
        section = AiService(url=double.url, **config)
        self.made = Service(
            "llm",
            section,
            post=client.post,
            pace=self.pace,
            start=self.start,
            spend=Spend("llm", section, self.pace.wall_s),
        )
        context = PredictorContext(instrument_id=BTC, interval=interval, background=self)
        aggregator = Aggregator.from_config(SignalConfig(predictors=predictors), context)
        self.stream = SignalStream(INSTRUMENT, interval_of(interval), aggregator, 50)

    def service(self, name):
        return self.made if name == "llm" else None

    def wall_s(self):
        return self.pace.wall_s()

    def start(self, _, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def load(self):
        return self.stream.load(ROWS[:LOADED], trace_id="load", ts_init=0)

    def close_bar(self):
        """Close the next bar, as the bus does: without waiting for anything."""
        row = ROWS[self.next]
        self.next += 1
        return self.stream.close(row, "trace", 0)

    async def idle(self):
        async with asyncio.timeout(30):
            await asyncio.gather(*self.tasks)

    async def fail(self):
        """Close a bar whose question fails with all its attempts."""
        signal = self.close_bar()
        while await self.pace.next() < self.made.config.retry_s:
            pass
        return signal


@asynccontextmanager
async def world(*predictors, **config):
    async with AiDouble() as double:
        client = HttpClient()
        double.answer = lambda _: web.json_response(chat(SAID))
        made = World(double, client, predictors, **config)
        made.load()
        try:
            yield made
        finally:
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)
            await client.close()


def llm(weight=None, **params):
    return PredictorConfig(name="llm", weight=weight, params=params)


TECHNICAL = PredictorConfig(name="technical", weight=0.2)


async def test_a_bar_is_answered_at_once_with_what_was_said_of_the_bar_before():
    async with world(llm(0.5)) as w:
        first = w.close_bar()
        assert first.sources[0].state == "abstained"
        assert first.sources[0].reasons == ("no answer yet",)
        await w.idle()
        second = w.close_bar()

        source = second.sources[0]
        assert (source.state, source.score, source.confidence, source.age_s, source.stale) == (
            "voted",
            -0.8,
            0.8,
            60.0,
            False,
        )
        assert source.reasons == ("said 1 min ago: Lower highs.",)
        assert second.reasons == ("llm: said 1 min ago: Lower highs.",)
        assert source.model == "double-1"
        assert second.signal == "short"


async def test_it_starts_in_the_shadow_shown_and_not_counted():
    async with world(TECHNICAL, llm()) as w:
        w.close_bar()
        await w.idle()
        signal = w.close_bar()
        technical, shadow = signal.sources

        assert (shadow.weight, shadow.state, shadow.score) == (0.0, "voted", -0.8)
        assert signal.score == technical.score
        assert not any("Lower highs" in reason for reason in signal.reasons)
        assert "Lower highs" in shadow.reasons[0]


async def test_a_model_is_shown_the_last_bars_and_told_how_to_answer():
    async with world(llm(bars=30, model="tiny-1", max_tokens=99)) as w:
        w.close_bar()
        await w.idle()
        path, _, asked = w.double.asked[0]
        shown = json.loads(asked["messages"][1]["content"])

        assert path == "/chat/completions"
        assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("tiny-1", 99, 0.0)
        assert asked["response_format"]["json_schema"]["strict"] is True
        assert (shown["instrument_id"], shown["interval"], len(shown["bars"])) == (BTC, "1m", 30)
        row = ROWS[LOADED]
        assert shown["bars"][-1][0] == row.ts_open // SECOND_NS
        assert shown["bars"][-1][4] == row.close / 10**INSTRUMENT.price_precision
        assert list(shown["features"]) == list(NAMES)


async def test_nothing_is_asked_about_history():
    async with world(llm()) as w:
        signals = w.load()

        assert not w.tasks
        assert {signal.sources[0].reasons for signal in signals} == {("not asked about bars of history",)}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (chat(SAID | {"confidence": 1.7}), "confidence must be 0..1, was 1.7"),
        (chat('{"instrument_id": "X", "signal": "long", "confidence": NaN}'), "cannot be read"),
        (chat(SAID | {"confidence": 1e400}), "cannot be read"),
        (chat(SAID | {"confidence": True}), "cannot be read"),
        (chat(SAID | {"signal": "buy!"}), "was 'buy!'"),
        (chat(SAID | {"instrument_id": "ETH-USDT.SIM"}), "about 'ETH-USDT.SIM'"),
        (chat(SAID, finish_reason="length"), "not whole: length"),
        (chat(SAID, message={"refusal": "I cannot"}), "refuses"),
        (chat(SAID, message={"content": None}), "not whole"),
        (chat("Sure! I would go long."), "cannot be read"),
        (chat(SAID, usage=(-5, 1)), "cannot be read"),
        ({"choices": []}, "cannot be read"),
        ([], "cannot be read"),
    ],
)
def test_a_completion_that_lies_is_not_believed(answer, message):
    with pytest.raises(LieError, match=message):
        read_completion(json.dumps(answer).encode(), BTC)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[" * 100_000, b'{"choices": [{"message": {"content": "\xed\xa0\x80"}}]}']
)
def test_a_completion_that_is_no_json_is_not_believed(raw):
    with pytest.raises(LieError):
        read_completion(raw, BTC)


texts = st.text(max_size=20)
numbers = st.floats() | st.integers() | st.sampled_from([0.7, "0.7", None, True, 1.0000001, -0.0])
sides = st.sampled_from(["long", "Short", "neutral", "buy!", "LONG "]) | texts


def believed(read, answer):
    """Whether an answer is believed: then its numbers are in range; else it is a lie, and nothing else is raised."""
    try:
        opinion = read(json.dumps(answer).encode() if not isinstance(answer, bytes) else answer)
    except LieError:
        return False
    assert -1.0 <= opinion.score <= 1.0
    assert 0.0 <= opinion.confidence <= 1.0
    assert len(opinion.reasoning) <= 500
    return True


@given(said=st.fixed_dictionaries({"instrument_id": st.just(BTC) | texts, "signal": sides, "confidence": numbers}))
def test_whatever_a_model_says_is_in_range_or_not_believed(said):
    believed(lambda raw: read_completion(raw, BTC), chat(said))


@given(st.binary(max_size=60))
def test_whatever_bytes_a_service_sends_are_not_believed(raw):
    assert not believed(lambda answer: read_completion(answer, BTC), raw)
    assert not believed(lambda answer: read_completion(answer, BTC), json.dumps(chat(raw.decode("latin-1"))).encode())


def test_a_reasoning_becomes_one_line_of_plain_text():
    said = SAID | {"reasoning": 'Up\r\n{"event": "x"}\x1b[31m\u202e now ' + "very " * 1_000}
    opinion = read_completion(json.dumps(chat(said)).encode(), BTC)

    assert opinion.reasoning.startswith('Up {"event": "x"} [31m now very very')
    assert len(opinion.reasoning) <= 500
    assert opinion.reasoning.isprintable()


async def test_with_the_service_killed_signals_go_stale_then_technical_alone_and_it_comes_back():
    async with world(TECHNICAL, llm(0.5)) as w:
        w.close_bar()
        await w.idle()
        await w.double.stop()
        signals = [await w.fail() for _ in range(16)]
        ages = [signal.sources[1].age_s for signal in signals[:15]]

        assert ages == [60.0 * i for i in range(1, 16)]
        assert [signal.sources[1].stale for signal in signals[:15]] == [False] * 5 + [True] * 10
        assert [signal.degraded for signal in signals] == [False] * 3 + [True] * 13  # three failed questions: down
        assert signals[14].sources[1].reasons[0].startswith("said 15 min ago, stale")
        last = signals[15]
        assert (last.sources[1].state, last.sources[1].score) == ("abstained", None)
        assert last.score == last.sources[0].score  # below the quorum by itself, but the mode is declared

        await w.double.start()
        while w.made.health.is_down:
            passing = asyncio.create_task(w.pace.next())
            await asyncio.wait({passing, *w.tasks}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
            passing.cancel()
        back = w.close_bar()
        assert (back.degraded, back.sources[1].state) == (False, "voted")


async def test_a_shadow_that_is_down_degrades_nothing():
    async with world(TECHNICAL, llm()) as w:
        await w.double.stop()
        signals = [await w.fail() for _ in range(5)]

        assert w.made.health.is_down
        assert not any(signal.degraded for signal in signals)


async def test_a_slow_service_delays_no_bar():
    never = asyncio.Event()

    async def slow(*_):
        await never.wait()

    async with world(TECHNICAL, llm(0.5)) as w:
        w.double.answer = slow
        signals = [w.close_bar() for _ in range(50)]  # without a single turn of the loop
        await w.double.asked_times(1)

        assert [signal.sources[0].state for signal in signals] == ["voted"] * 50
        assert len(w.tasks) == 1


async def test_on_long_intervals_the_answer_about_the_bar_before_counts():
    async with world(llm(0.5), interval="1h") as w:
        hour = 60 * MINUTE_NS
        rows = [msgspec.structs.replace(row, ts_open=i * hour) for i, row in enumerate(ROWS)]
        w.stream.load(rows[:200], trace_id="load", ts_init=0)
        w.stream.close(rows[200], "t", 0)
        await w.idle()
        await w.double.stop()
        sources = [w.stream.close(row, "t", 0).sources[0] for row in rows[201:204]]

        assert [(s.state, s.stale) for s in sources] == [("voted", False), ("voted", True), ("abstained", False)]


async def test_a_spent_budget_is_said():
    async with world(llm(), tokens_per_day=250) as w:
        w.close_bar()
        await w.idle()
        for _ in range(16):
            signal = w.close_bar()
            await w.idle()

        assert len(w.double.asked) == 1
        assert signal.sources[0].reasons == ("budget of 250 tokens a day is spent",)


@pytest.mark.parametrize("name", ["llm", "http"])
def test_in_a_backtest_they_are_disabled_and_say_so(name):
    aggregator = Aggregator.from_config(SignalConfig(predictors=(PredictorConfig(name=name, weight=0.5), TECHNICAL)))
    stream = SignalStream(INSTRUMENT, interval_of("1m"), aggregator, 5)
    signal = stream.load(ROWS, trace_id="t", ts_init=0)[-1]

    assert signal.sources[0].state == "disabled"
    assert signal.sources[0].reasons == ("an AI service cannot be asked in a backtest",)
    assert signal.sources[1].state == "voted"
    assert signal.score == signal.sources[1].score


def http(**params):
    return PredictorConfig(name="http", weight=0.5, params={"service": "llm", **params})


async def test_a_service_of_ai_analyze_is_asked_and_believed():
    answer = {"signal": "Long", "confidence": 0.9, "reasoning": "Up.", "processing_time_ms": 5, "more": {}}
    async with world(http()) as w:
        w.double.answer = lambda _: web.json_response(answer)
        w.close_bar()
        await w.idle()
        source = w.close_bar().sources[0]
        path, _, asked = w.double.asked[0]

        assert path == "/ai/analyze"
        assert (asked["symbol"], asked["timeframe"], len(asked["candles"])) == ("BTCUSDT", "1m", 100)
        assert asked["candles"][-1]["timestamp"] == ROWS[LOADED].ts_open // 1_000_000
        assert set(asked["technical_indicators"]) == set(NAMES)
        assert (source.score, source.confidence, source.reasons) == (0.9, 0.9, ("said 1 min ago: Up.",))
        assert source.model == "llm", "an answer without a version: the service"


async def test_who_has_spoken_is_told_as_the_answer_says():
    async with world(http(), llm(0.1, model="tiny-1")) as w:
        answered = {"choices": [{"message": {"content": json.dumps(SAID)}}], "signal": "Long", "confidence": 0.9}
        w.double.answer = lambda _: web.json_response(answered | {"metadata": {"model_version": "v 7"}})
        w.close_bar()
        await w.idle()
        signal = w.close_bar()

        assert [source.model for source in signal.sources] == ["v 7", "tiny-1"]
        assert version_of(signal) == "http/v_7 llm/tiny-1"


async def test_a_service_of_analyze_is_asked_and_believed():
    async with world(http(shape="analyze")) as w:
        now = datetime.fromtimestamp(w.wall_s(), UTC).isoformat()
        answer = {"signal": "short", "confidence": 75.0, "probability": 0.2, "timestamp": now, "model_type": "lstm"}
        w.double.answer = lambda _: web.json_response(answer | {"symbol": "BTCUSDT", "timeframe": "1m"})
        w.close_bar()
        await w.idle()
        source = w.close_bar().sources[0]

        assert w.double.asked[0][0] == "/analyze"
        assert set(w.double.asked[0][2]) == {"symbol", "timeframe", "candles"}
        assert (source.score, source.confidence, source.model) == (-0.75, 0.75, "lstm")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"symbol": "ETHUSDT"}, "about 'ETHUSDT'"),
        ({"timeframe": "5m"}, "bars of '5m'"),
        ({"timestamp": 1_600_000_000}, "before the question"),
        ({"timestamp": 1_600_000_000_000}, "before the question"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, "before the question"),
        ({"timestamp": "yesterday"}, "timestamp cannot be read"),
        ({"timestamp": 10**400}, "timestamp cannot be read"),
        ({"timestamp": -(10**400)}, "timestamp cannot be read"),
        ({"confidence": 70}, "confidence must be 0..1, was 70"),
        ({"confidence": "high"}, "cannot be read"),
        ({"signal": "buy!"}, "'buy!'"),
    ],
)
async def test_a_service_that_lies_is_not_believed(wrong, message):
    answer = {"signal": "Long", "confidence": 0.9}
    async with world(http()) as w:
        w.double.answer = lambda _: web.json_response(answer | wrong)
        await w.fail()
        signal = w.close_bar()

        assert signal.sources[0].state == "abstained"
        assert message in signal.sources[0].reasons[0]


def test_too_few_candles_for_analyze_are_an_error():
    with pytest.raises(ConfigError, match="candles: expected at least 100"):
        build_predictor(http(shape="analyze", candles=50))
