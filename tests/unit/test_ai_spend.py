"""What AI services cost."""

from decimal import Decimal

from actors.signal.outside.opinion import Usage
from actors.signal.outside.spend import DaySpend, Spend
from config.ai import AiService

DAY_S = 86_400


class Wall:
    now = 20_000.0 * DAY_S

    def __call__(self):
        return self.now


def spend(wall, **config):
    kept = []
    section = AiService(url="http://127.0.0.1:1", input_price="2.5", output_price="10", **config)
    return Spend("llm", section, wall, keep=kept.append), kept


def test_money_is_counted_exactly_and_kept():
    counted, kept = spend(Wall())
    for _ in range(3):
        counted.charge(Usage(200, 10))

    assert counted.today == DaySpend(day=20_000, tokens=630, money=Decimal("0.0018"))
    assert kept[-1] == counted.today


def test_above_the_budget_it_refuses_in_words_until_the_next_day():
    wall = Wall()
    counted, _ = spend(wall, budget_per_day="0.001")
    counted.charge(Usage(200, 10))
    assert counted.refusal() is None
    counted.charge(Usage(200, 10))

    assert counted.refusal() == "budget of 0.001 USD a day is spent"
    wall.now += DAY_S
    assert counted.refusal() is None
    assert counted.today.tokens == 0


def test_what_is_under_way_counts_until_it_is_back():
    counted, _ = spend(Wall(), tokens_per_day=1_000)
    counted.reserve(Usage(600, 400))

    assert counted.refusal() == "budget of 1000 tokens a day is spent"
    counted.release(Usage(600, 400))
    assert counted.refusal() is None


def test_it_goes_on_from_what_an_earlier_process_spent_today():
    wall = Wall()
    section = AiService(url="http://127.0.0.1:1", tokens_per_day=100)
    today = Spend("llm", section, wall, kept=DaySpend(day=20_000, tokens=100))
    yesterday = Spend("llm", section, wall, kept=DaySpend(day=19_999, tokens=100))

    assert today.refusal() is not None
    assert yesterday.refusal() is None
