"""One AI service against a real server that is well, gone, slow, lying, limiting, huge, redirecting or dripping."""

import asyncio
import json
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from actors.signal.outside.client import HttpClient
from actors.signal.outside.opinion import LieError, Opinion, Usage, checked, directed
from actors.signal.outside.service import Question, Service
from actors.signal.outside.spend import Spend
from config.ai import AiService
from tests.ai_double import AiDouble, OwnPace

BTC = "llm BTC-USDT.SIM 1m"
MINUTE = 60_000_000_000
KEY = "sk-secret-9f2c"


def read(answer):
    try:
        said = msgspec.json.decode(answer, type=dict[str, object])
    except msgspec.MsgspecError as e:
        raise LieError("not JSON") from e
    confidence = checked(float(said["confidence"]), "confidence")
    return Opinion(score=directed(said["signal"], confidence), confidence=confidence, usage=Usage(200, 50))


def question(bar=1, stream=BTC):
    def body():
        return json.dumps({"bar": bar}).encode()

    return Question(stream=stream, ts_event=bar * MINUTE, path="/ask", body=body, read=read, most_tokens=100)


class World:
    def __init__(self, double, client, config):
        self.double, self.client, self.pace = double, client, OwnPace()
        self.tasks, self.changes = set(), []
        self.spend = Spend("llm", config, self.pace.wall_s)
        self.service = Service(
            "llm",
            config,
            post=client.post,
            pace=self.pace,
            start=self.start,
            spend=self.spend,
            key=KEY,
            on_change=lambda: self.changes.append(self.service.health.is_down),
        )
        self.service.open(BTC)

    def start(self, _, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def idle(self):
        async with asyncio.timeout(30):
            await asyncio.gather(*self.tasks)

    async def over(self):
        """Let time pass until nothing is under way."""
        while self.tasks:
            passing = asyncio.create_task(self.pace.next())
            await asyncio.wait({passing, *self.tasks}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
            passing.cancel()

    async def failed(self, times=1):
        """Let questions fail, each with all its attempts."""
        for _ in range(times):
            while await self.pace.next() < self.service.config.retry_s:
                pass


@asynccontextmanager
async def world(**config):
    async with AiDouble() as double:
        client = HttpClient()
        made = World(double, client, AiService(url=double.url, **config))
        double.answer = good
        try:
            yield made
        finally:
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)
            await client.close()


def good(_):
    return web.json_response({"signal": "long", "confidence": 0.7})


def status(code, **headers):
    return lambda _: web.Response(status=code, headers=headers)


def in_turn(*answers):
    """One answer after the other, the last one for ever."""
    left = list(answers)

    def answer(body):
        return (left.pop(0) if len(left) > 1 else left[0])(body)

    return answer


async def test_an_answer_is_known_for_its_bar_and_later_ones_and_asked_for_once():
    async with world() as w:
        w.service.want(question(5))
        w.service.want(question(5))
        await w.idle()
        w.service.want(question(5))

        assert not w.tasks
        assert w.double.asked == [("/ask", w.double.asked[0][1], {"bar": 5})]
        assert w.double.asked[0][1]["Authorization"] == f"Bearer {KEY}"
        known = w.service.known(BTC, 7 * MINUTE)
        assert (known.ts_event, known.opinion.score) == (5 * MINUTE, 0.7)
        assert w.service.known(BTC, 4 * MINUTE) is None  # market time has jumped back: that would be the future


async def test_bars_that_close_too_soon_are_not_asked_about_as_it_is_set_at_the_moment():
    async with world(ask_every_s=300.0) as w:
        for bar in (1, 2, 5, 6, 7, 3):  # the last one: market time has jumped back
            w.service.want(question(bar))
            await w.idle()
        assert [body["bar"] for _, _, body in w.double.asked] == [1, 6, 3]

        w.service.tune(msgspec.structs.replace(w.service.config, ask_every_s=0.0))
        w.service.want(question(4))
        await w.idle()
        assert w.double.asked[-1][2] == {"bar": 4}


async def test_while_one_question_is_under_way_only_the_newest_of_those_that_follow_is_asked():
    gate = asyncio.Event()

    async def slow(body, _):
        await gate.wait()
        return good(body)

    async with world() as w:
        w.double.answer = slow
        w.service.want(question(1))
        await w.double.asked_times(1)
        for bar in (2, 3, 4):
            w.service.want(question(bar))
        gate.set()
        await w.idle()

        assert [body["bar"] for _, _, body in w.double.asked] == [1, 4]
        assert w.service.known(BTC, 4 * MINUTE).ts_event == 4 * MINUTE


async def test_attempts_begin_at_once_after_one_and_after_three_seconds():
    async with world() as w:
        w.double.answer = in_turn(status(503), status(408), good)
        w.service.want(question())
        waits = [await w.pace.next(), await w.pace.next()]
        await w.idle()

        assert waits == [1.0, 2.0]
        assert len(w.double.asked) == 3
        assert w.service.known(BTC, MINUTE) is not None


async def test_retry_after_is_honoured_once():
    async with world() as w:
        w.double.answer = in_turn(status(429, **{"Retry-After": "7"}), status(429, **{"Retry-After": "9"}), good)
        w.service.want(question())

        assert await w.pace.next() == 7.0
        assert await w.pace.next() == 30.0  # the second time it is believed and not waited for
        await w.idle()
        assert [body["bar"] for _, _, body in w.double.asked] == [1, 1, 1]


async def test_a_retry_after_beyond_the_deadline_ends_the_call_and_holds_for_all():
    async with world() as w:
        w.double.answer = in_turn(status(429, **{"Retry-After": "100"}), good)
        w.service.want(question(1))
        waits = [await w.pace.next() for _ in range(3)]
        assert (waits, len(w.double.asked)) == ([30.0] * 3, 1)

        await w.pace.next()
        await w.idle()
        assert len(w.double.asked) == 2


async def test_a_retry_after_may_be_a_date():
    async with world() as w:
        w.double.answer = in_turn(status(429, **{"Retry-After": "Tue, 14 Nov 2023 22:13:29 GMT"}), good)
        w.service.want(question())

        assert await w.pace.next() == 9.0  # the test's wall clock stands at 22:13:20
        await w.idle()


async def test_a_killed_server_is_down_after_three_questions_and_back_without_a_restart():
    async with world() as w:
        await w.double.stop()
        w.service.want(question(1))
        await w.failed(2)
        assert w.changes == []
        await w.failed()
        assert w.changes == [True]
        assert w.service.health.trouble("closed").startswith("AI service llm is down: Client")

        await w.double.start()
        w.service.want(question(2))
        await w.over()
        assert w.changes == [True, False]
        assert w.service.health.trouble("closed") is None
        assert w.service.known(BTC, 2 * MINUTE).ts_event == 2 * MINUTE


async def test_the_breaker_opens_after_five_questions_and_tries_one_thirty_seconds_later():
    async with world(retry_s=10.0) as w:
        w.double.answer = status(500)
        w.service.want(question())
        await w.failed(5)
        asked = len(w.double.asked)
        assert (asked, w.service.breaker.state) == (15, "open")

        assert [await w.pace.next() for _ in range(2)] == [10.0] * 2
        assert len(w.double.asked) == asked
        w.double.answer = good
        w.pace.advance(0.0)
        await w.double.asked_times(asked + 1)
        await w.idle()
        assert w.service.breaker.state == "half_open"


async def test_a_wrong_key_is_told_asked_again_once_in_a_while_and_no_matter_of_the_breaker():
    async with world() as w:
        w.double.answer = status(401)
        w.service.want(question())
        await w.failed(7)

        assert len(w.double.asked) in {7, 8}  # one attempt each; the next may have begun
        assert w.service.breaker.state == "closed"
        assert w.service.health.trouble("closed") == "AI service llm is down: HTTP 401: check address, key and model"


async def test_redirects_are_not_followed():
    async with world() as w:
        w.double.answer = status(302, Location="http://127.0.0.1:1/elsewhere")
        w.service.want(question())
        await w.failed()

        assert "redirect, which is not followed" in w.service.why()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: web.json_response({"signal": "buy!", "confidence": 0.7}), "'buy!'"),
        (lambda _: web.json_response({"signal": "long", "confidence": 1.7}), "1.7"),
        (lambda _: web.Response(text='{"signal": "long", "confidence": NaN}'), "not JSON"),
        (lambda _: web.Response(body=b"\xff\xfe"), "not JSON"),
        (lambda _: web.Response(body=b" " * 70_000), "longer than 65536 bytes"),
        (lambda _: web.Response(body=b"x", headers={"Content-Encoding": "gzip"}), "packed"),
    ],
)
async def test_an_answer_that_lies_is_dropped_and_counted_and_paid_for(answer, reason):
    async with world(output_price="10") as w:
        w.double.answer = answer
        w.service.want(question())
        await w.failed()

        assert w.service.known(BTC, MINUTE) is None
        assert reason in w.service.why()
        assert w.spend.today.tokens > 0


async def test_an_answer_that_drips_ends_with_the_deadline():
    async def drip(_, request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    async with world(timeout_s=0.1) as w:
        w.double.answer = drip
        w.service.want(question())
        await w.failed()

        assert w.service.why() == "no answer within 0.1 s"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"])
async def test_a_flood_of_interim_answers_is_cut_off(answer):
    client, flooded = HttpClient(), asyncio.Event()

    async def flood(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        try:
            while True:
                writer.write(answer * 1_000)
                await writer.drain()
        except OSError:
            flooded.set()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with asyncio.timeout(30), server:
        with pytest.raises(LieError, match="more answers"):
            await client.post(url, {}, b"{}", most_bytes=1_000)
        await flooded.wait()
        await client.close()


async def test_when_the_budget_is_spent_nothing_is_asked_until_the_next_day():
    async with world(tokens_per_day=300) as w:
        for bar in (1, 2, 3):
            w.service.want(question(bar))
            await w.idle()
        assert len(w.double.asked) == 2
        assert w.service.why() == "budget of 300 tokens a day is spent"

        w.pace.advance(86_400.0)
        w.service.want(question(3))
        await w.idle()
        assert len(w.double.asked) == 3


async def test_streams_that_have_ended_ask_nothing_more():
    async with world() as w:
        w.double.answer = status(500)
        w.service.want(question())
        await w.pace.next()
        w.service.close(BTC)
        w.service.want(question(2))
        await w.failed()
        await w.idle()

        assert len(w.double.asked) == 3


async def test_a_stream_that_was_opened_again_before_it_was_closed_goes_on():
    async with world() as w:
        w.service.open(BTC)
        w.service.close(BTC)
        w.service.want(question())
        await w.idle()

        assert w.service.known(BTC, MINUTE) is not None


async def test_no_more_questions_are_under_way_than_configured():
    together, most, gate = 0, 0, asyncio.Event()

    async def counting(body, _):
        nonlocal together, most
        together += 1
        most = max(most, together)
        await gate.wait()
        together -= 1
        return good(body)

    async with world(at_once=2) as w:
        w.double.answer = counting
        for stream in "abcde":
            w.service.open(stream)
            w.service.want(question(1, stream))
        await w.double.asked_times(2)
        gate.set()
        await w.idle()

        assert (len(w.double.asked), most) == (5, 2)


async def test_the_key_is_in_no_log_line(capsys):
    async with world() as w:
        w.double.answer = status(401)
        w.service.want(question())
        await w.failed(3)

    shown = capsys.readouterr()
    assert "ai_service_down" in shown.out + shown.err
    assert KEY not in shown.out + shown.err
