"""Answers that name no question find theirs."""

import asyncio

import pytest

from actors.buffer.requests import Question, Requests
from config.errors import VenueUnavailableError
from tests.unit.traded_market import START, row, rows

LONG_S = 30.0
"""Longer than a test takes on any machine."""
ONE, FIVE = "BTC-USDT.SIM-1-MINUTE-LAST-EXTERNAL", "BTC-USDT.SIM-5-MINUTE-LAST-EXTERNAL"


class Engine:
    """Keeps what is sent, and tells when."""

    def __init__(self):
        self.sent = []
        self.news = asyncio.Event()

    def send(self, question):
        self.sent.append(question)
        self.news.set()

    async def has(self, count):
        while len(self.sent) < count:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 30)


def question(bar_type=ONE, start=None, end=None):
    return Question(bar_type, start, end, 1_000)


def answered(bars):
    return bars, [bar.ts_open for bar in bars]


@pytest.fixture
def engine():
    return Engine()


async def test_answers_of_two_bar_types_may_come_in_any_order(engine):
    requests = Requests(engine.send, LONG_S)
    one, five = asyncio.ensure_future(requests.ask(question())), asyncio.ensure_future(requests.ask(question(FIVE)))
    await engine.has(2)

    requests.answer(FIVE, *answered(rows(5)))
    requests.answer(ONE, *answered(rows(1)))

    assert (await one, await five) == (rows(1), rows(5))


async def test_one_question_per_bar_type_is_on_its_way_at_a_time(engine):
    requests = Requests(engine.send, LONG_S)
    first, second = asyncio.ensure_future(requests.ask(question())), asyncio.ensure_future(requests.ask(question()))
    await engine.has(1)

    assert len(engine.sent) == 1
    requests.answer(ONE, *answered(rows(1)))
    await engine.has(2)
    requests.answer(ONE, *answered(rows(2)))

    assert (await first, await second) == (rows(1), rows(2))


async def test_an_empty_answer_belongs_to_the_question_that_stays_open(engine):
    requests = Requests(engine.send, LONG_S)
    one, five = asyncio.ensure_future(requests.ask(question())), asyncio.ensure_future(requests.ask(question(FIVE)))
    await engine.has(2)

    requests.answer_empty()
    await asyncio.sleep(0)
    assert not one.done()
    assert not five.done()
    requests.answer(ONE, *answered(rows(3)))

    assert (await one, await five) == (rows(3), [])


async def test_a_question_that_is_not_answered_is_given_up(engine):
    requests = Requests(engine.send, 0.01)

    with pytest.raises(VenueUnavailableError, match=r"no answer within 0\.01 s"):
        await requests.ask(question())


async def test_the_next_question_is_asked_after_one_was_given_up(engine):
    requests = Requests(engine.send, 0.05)
    with pytest.raises(VenueUnavailableError):
        await requests.ask(question())
    requests._give_up_s = LONG_S
    again = asyncio.ensure_future(requests.ask(question()))
    await engine.has(2)

    requests.answer(ONE, *answered(rows(1)))

    assert await again == rows(1)


async def test_a_late_answer_is_not_taken_for_the_next_question(engine):
    requests = Requests(engine.send, 0.05)
    with pytest.raises(VenueUnavailableError):
        await requests.ask(question(start=START, end=row(10).ts_open))
    requests._give_up_s = LONG_S
    other = asyncio.ensure_future(requests.ask(question(start=row(10).ts_open, end=row(20).ts_open)))
    await engine.has(2)

    assert requests.answer(ONE, *answered(rows(10))) is False
    assert requests.answer(ONE, *answered(rows(10, first=10))) is True
    assert await other == rows(10, first=10)


async def test_an_empty_answer_is_not_believed_while_a_late_one_may_come(engine):
    requests = Requests(engine.send, 0.05)
    lost = asyncio.ensure_future(requests.ask(question(FIVE)))
    await engine.has(1)
    requests._give_up_s = LONG_S  # as long as what comes is doubtful then
    with pytest.raises(VenueUnavailableError):
        await lost
    other = asyncio.ensure_future(requests.ask(question()))
    await engine.has(2)

    requests.answer_empty()

    with pytest.raises(VenueUnavailableError, match="could not be told from a late one"):
        await other


async def test_what_could_be_mistaken_for_a_late_answer_is_not_asked_before_that_has_come(engine):
    requests = Requests(engine.send, LONG_S)
    lost = asyncio.ensure_future(requests.ask(question(start=START, end=row(10).ts_open)))
    await engine.has(1)
    lost.cancel()
    await asyncio.wait({lost})
    more = asyncio.ensure_future(requests.ask(question(start=START, end=row(20).ts_open)))
    await asyncio.sleep(0)
    assert len(engine.sent) == 1

    assert requests.answer(ONE, *answered(rows(10))) is False
    await engine.has(2)
    requests.answer(ONE, *answered(rows(20)))

    assert await more == rows(20)


async def test_the_same_question_is_asked_again_at_once(engine):
    requests = Requests(engine.send, 0.05)
    with pytest.raises(VenueUnavailableError):
        await requests.ask(question(start=START, end=row(10).ts_open))
    requests._give_up_s = LONG_S
    again = asyncio.ensure_future(requests.ask(question(start=START, end=row(10).ts_open)))
    await asyncio.sleep(0)

    assert len(engine.sent) == 2
    requests.answer(ONE, *answered(rows(10)))
    assert await again == rows(10)


async def test_an_answer_nobody_waits_for_is_told(engine):
    assert Requests(engine.send, 1).answer(ONE, *answered(rows(1))) is False


async def test_closing_fails_what_is_open_and_what_comes(engine):
    requests = Requests(engine.send, LONG_S)
    open_ = asyncio.ensure_future(requests.ask(question()))
    await engine.has(1)

    requests.close()

    for asked in (open_, requests.ask(question())):
        with pytest.raises(VenueUnavailableError, match="disconnected"):
            await asked
