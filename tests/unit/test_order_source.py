"""Orders of a source: both forms, lists with mapped fields, batches, and a source that is slow, gone or lies."""

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY

from actors.screening.forms import read_answer, read_line, read_lines
from actors.screening.intake import Intake
from actors.screening.polling import Polling
from actors.signal.outside.client import HttpClient
from config.errors import InvalidInputError
from config.screening import OrderSource
from tests.unit.order_models import ScreeningWorld, promote

FORECAST = {
    "timestamp": "2026-01-02T15:00:00Z",
    "spot_price": 5_850.0,
    "predicted_close": 5_861.5,
    "levels": {"high": 5_900},
    "example_trades": {
        "butterfly": {"strikes": "5905/5855/5805", "type": "CALL", "price": 2.1, "action": "BUY"},
        "iron_condor": {"strikes": "5800/5805/5900/5905", "price": 0.5, "action": "SELL"},
        "vertical": {"strikes": "wide", "price": 0.5},
    },
}


def source(url="http://127.0.0.1:1/orders", **fields):
    return OrderSource(url=url, **fields)


def read(told, **fields):
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return read_answer(raw, source(**fields))


class TestForms:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (
                "SELL -1 Vertical SPX 100 11 Jun 25 6000/6005 CALL @0.5 LMT",
                ("vertical", "SPX", 0.5, (6000.0, 6005.0), "sell", "call", 1.0),
            ),
            (
                "SELL 1 SPX 15 NOV 5850/5875/5900 Butterfly for 2.0 credit",
                ("butterfly", "SPX", 2.0, (5850.0, 5875.0, 5900.0), "sell", None, 1.0),
            ),
            (
                "  buy  +3 Iron Condor XSP 100 2 Jan 26 580/581/590/591.5 PUT/CALL @ 1.25  ",
                ("iron_condor", "XSP", 1.25, (580.0, 581.0, 590.0, 591.5), "buy", None, 3.0),
            ),
        ],
    )
    def test_a_line_is_an_order(self, line, expected):
        one = read_line(line)

        assert (one.kind, one.symbol, one.premium, one.strikes, one.side, one.option_type, one.quantity) == expected

    @pytest.mark.parametrize(
        "line", ["", "HOLD 1 SPX", "SELL 0 SPX 15 NOV 5850/5875 Vertical for 2.0", "SELL 1 " + "A" * 9_999]
    )
    def test_a_line_that_is_none_is_refused(self, line):
        with pytest.raises(InvalidInputError):
            read_line(line)

    def test_the_trades_of_a_forecast(self):
        butterfly, condor, odd = read(FORECAST)

        assert (butterfly.kind, butterfly.symbol, butterfly.premium, butterfly.predicted_price) == (
            "butterfly",
            "SPX",
            2.1,
            5_861.5,
        )
        assert (butterfly.strikes, butterfly.option_type, butterfly.side) == ((5905.0, 5855.0, 5805.0), "call", "buy")
        assert (condor.kind, condor.side, condor.ts) == ("iron_condor", "sell", 1_767_366_000_000_000_000)
        assert isinstance(odd, InvalidInputError)

    def test_fields_of_a_list_are_where_the_configuration_says(self):
        orders = [{"no": 7, "what": {"name": "Sonar"}, "cost": 1, "strikes": "1/2/3/4"}, {"no": 8}, 5]
        fields = {"id": "no", "strategy": "what.name", "premium": "cost"}
        one, *odd = read({"data": {"list": orders}}, orders="data.list", fields=fields, symbol="RUT")

        assert (one.order_id, one.kind, one.symbol, one.premium, one.strikes) == (
            "7",
            "sonar",
            "RUT",
            1.0,
            (1, 2, 3, 4),
        )
        assert [isinstance(each, InvalidInputError) for each in odd] == [True, True]

    def test_an_order_without_an_id_has_one_of_what_it_says(self):
        first, again = read(FORECAST)[0], read(FORECAST)[0]
        later = read(FORECAST | {"timestamp": "2026-01-02T15:05:00Z"})[0]

        assert (first.order_id == again.order_id, first.order_id == later.order_id) == (True, False)

    @pytest.mark.parametrize("told", [{"a": 1}, 5, [{}] * 1_001, b"\xff\xfe", {"data": 5}], ids=repr)
    def test_an_answer_without_orders_is_refused_as_a_whole(self, told):
        with pytest.raises(InvalidInputError):
            read(told)


class Judge:
    """Notes the batches that it gets, and judges them."""

    def __init__(self, screen):
        self.screen, self.batches, self.judged = screen, [], asyncio.Event()
        self.failures = 0

    async def __call__(self, batch):
        self.batches.append([one.order_id for one in batch])
        self.judged.set()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("made for a test")
        return await self.screen(batch)


@pytest.fixture
def judge(tmp_path):
    world = ScreeningWorld(tmp_path)
    promote(world.registry, "m-1")
    return Judge(world.screener.screen)


def orders(*names):
    told = [{"id": name, "symbol": "BTCUSDT", "strategy": "Sonar"} for name in names]
    return read(told)


async def until(true):
    async with asyncio.timeout(30.0):
        while not true():  # noqa: ASYNC110  # it depends on what the test asks
            await asyncio.sleep(0.005)


class TestIntake:
    async def test_ten_leave_at_once_and_the_rest_when_it_is_quiet(self, judge):
        intake = Intake(judge, batch=10, quiet_s=0.05)
        running = asyncio.create_task(intake.run())
        intake.offer(orders(*range(12)))
        await until(lambda: len(judge.batches) == 2)
        running.cancel()

        assert [len(one) for one in judge.batches] == [10, 2]

    async def test_a_further_order_starts_the_quiet_anew(self, judge):
        intake = Intake(judge, batch=10, quiet_s=3_600.0)
        running = asyncio.create_task(intake.run())
        for name in range(9):
            intake.offer(orders(name))
            await asyncio.sleep(0)
        assert judge.batches == []
        intake.offer(orders(9))
        await until(lambda: judge.batches)
        running.cancel()

        assert judge.batches == [[str(name) for name in range(10)]]

    async def test_an_order_is_judged_once(self, judge):
        intake = Intake(judge, batch=2, quiet_s=0.01)

        assert (intake.offer(orders("a", "b", "a")), intake.offer(orders("b", "c"))) == (2, 1)

    async def test_a_batch_that_fails_stops_no_other(self, judge):
        judge.failures = 1
        intake = Intake(judge, batch=1, quiet_s=0.01)
        running = asyncio.create_task(intake.run())
        intake.offer(orders("a", "b"))
        await until(lambda: intake.verdicts(5))
        running.cancel()

        assert [one.candidate.order_id for one in intake.verdicts(5)] == ["b"]


class Desk:
    """Somebody's server of orders, on a real socket."""

    def __init__(self):
        self.body, self.status, self.seen = json.dumps([]).encode(), 200, []
        self.delay = asyncio.Event()
        self.delay.set()
        app = web.Application()
        app.router.add_get("/orders", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request):
        self.seen.append(request.headers.get("Authorization"))
        await self.delay.wait()
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=self.body, headers=headers)


@pytest.fixture
async def desk():
    made = Desk()
    async with made.server:
        yield made


@pytest.fixture
async def client():
    made = HttpClient()
    yield made
    await made.close()


def up():
    return REGISTRY.get_sample_value("whisperer_screening_source_up")


class TestPolling:
    def polling(self, desk, client, intake, on_change=lambda: None, **fields):
        url = str(desk.server.make_url("/orders"))
        settings = {"interval_s": 0.01} | fields
        return Polling(
            source(url, **settings), client.get, intake, key="k" * 32, monotonic=lambda: 0.0, on_change=on_change
        )

    async def test_orders_are_fetched_and_judged_once(self, desk, client, judge):
        desk.body = json.dumps([{"id": "a", "symbol": "BTCUSDT", "strategy": "Sonar"}, {"id": "b"}]).encode()
        intake = Intake(judge, batch=10, quiet_s=0.01)
        polling = self.polling(desk, client, intake)
        tasks = [asyncio.create_task(one.run()) for one in (intake, polling)]
        await until(lambda: len(desk.seen) > 3 and polling.verdicts(10))
        for task in tasks:
            task.cancel()

        assert judge.batches == [["a"]]
        assert (polling.trouble, set(desk.seen)) == (None, {f"Bearer {'k' * 32}"})

    @pytest.mark.parametrize(
        ("status", "body", "why"),
        [
            (500, b"", "HTTP 500"),
            (302, b"", "HTTP 302"),
            (200, b"{}", "expected a list of orders at the top"),
            (200, b"[" + b" " * 2_000 + b"]", "answer is longer than 1024 bytes"),
        ],
    )
    async def test_what_is_no_answer_is_told(self, desk, client, judge, status, body, why):
        desk.status, desk.body = status, body
        polling = self.polling(desk, client, Intake(judge, batch=10, quiet_s=1.0), max_answer_bytes=1_024)
        await polling.poll()

        assert polling.trouble == why

    async def test_trouble_is_told_when_it_begins_and_when_it_ends(self, desk, client, judge):
        told = []
        polling = self.polling(
            desk, client, Intake(judge, batch=10, quiet_s=1.0), on_change=lambda: told.append((polling.trouble, up()))
        )
        for status in (200, 500, 503, 200, 200):
            desk.status = status
            await polling.poll()

        assert told == [("HTTP 500", 0.0), (None, 1.0)]

    async def test_a_slow_source_is_given_up_and_asked_again_by_itself(self, desk, client, judge):
        desk.delay.clear()
        polling = self.polling(desk, client, Intake(judge, batch=10, quiet_s=1.0), timeout_s=0.05)
        await polling.poll()
        slow = polling.trouble
        desk.delay.set()
        async with asyncio.timeout(30.0):
            while polling.trouble is not None:  # a busy machine may be slow, too
                await polling.poll()

        assert (slow, polling.trouble) == ("no answer within 0.05 s", None)

    async def test_a_source_that_keeps_failing_is_left_alone_for_a_while(self, desk, client, judge):
        desk.status = 503
        now, turns = [0.0], []

        async def sleep(_seconds):
            turns.append(len(desk.seen))
            now[0] += 5.0
            await asyncio.sleep(0)

        url = str(desk.server.make_url("/orders"))
        intake = Intake(judge, batch=10, quiet_s=1.0)
        polling = Polling(source(url), client.get, intake, key=None, monotonic=lambda: now[0], sleep=sleep)
        task = asyncio.create_task(polling.run())
        await until(lambda: turns and turns[-1] > 5)
        desk.status = 200
        await until(lambda: polling.trouble is None)
        task.cancel()

        assert turns[:11] == [1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 6]


@pytest.mark.parametrize(
    "answer",
    [
        b"a\n" * 1_001,
        json.dumps([{}] * 1_001).encode(),
        json.dumps({"example_trades": dict.fromkeys(map(str, range(1_001)))}).encode(),
    ],
    ids=["lines", "list", "forecast"],
)
def test_an_answer_with_too_many_orders_is_refused_as_a_whole(answer):
    with pytest.raises(InvalidInputError, match="at most 1000 orders in one answer, found 1001"):
        read_answer(answer, OrderSource(url="http://localhost/orders"))


def test_too_many_lines_are_refused_before_one_is_read():
    with pytest.raises(InvalidInputError, match="at most 1000 orders"):
        next(iter(read_lines("a\n" * 1_001)))
