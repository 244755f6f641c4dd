"""Judged orders are kept, callers tell what became of them, and training reads them again."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from actors.market import DAY_NS, MINUTE_NS
from actors.ports.order_outcomes import OrderSpan
from actors.screening.candidate import Candidate
from actors.screening.outcomes import KeptOutcomes
from actors.screening.scoring import order_accuracies
from actors.screening.training.examples import order_examples
from actors.signal.order_features import order_vector
from actors.store.analyses.screened import ScreenedStore
from actors.store.analyses.store import AnalysisStore
from actors.store.analyses.upkeep import DAY_MS, Upkeep
from config.analyses import AnalysesSection
from config.errors import ConflictError, InvalidInputError, MarketDataError, NotFoundError, StoreUnavailableError
from config.training import OrderTrainingSection
from node.training.kept_orders import read_kept
from tests.journal_rows import query
from tests.unit.order_models import NOW_NS, WINNING, ScreeningWorld, promote

CHEAP, DEAR = 2.0, 900.0


def order(order_id, premium=CHEAP, **fields):
    known = {"symbol": "BTCUSDT", "strategy": "Butterfly", "predicted_price": 30_000.0}
    return Candidate(order_id=order_id, premium=premium, **(known | fields))


class Desk:
    """A screener whose orders are kept, and those who tell what became of them."""

    def __init__(self, folder):
        self.path = folder / "analytics.db"
        self.store = AnalysisStore(self.path, AnalysesSection(max_queued=1_000))
        self.world = ScreeningWorld(folder)
        if not self.world.registry.models():
            promote(self.world.registry, "m-1")
        self.outcomes = KeptOutcomes(ScreenedStore(self.store), lambda: self.world.now_ns)

    async def judge(self, *orders, owner="anna"):
        verdicts = await self.world.screener.screen(orders, owner)
        self.outcomes.record(verdicts)
        return verdicts

    async def tell(self, key, owner="anna", **said):
        known = {"won": None, "profit": None, "resolved": None, "is_correction": False}
        return await self.outcomes.tell(key, owner=owner, **(known | said))

    async def accuracies(self, **span):
        return order_accuracies(await self.outcomes.tallies(OrderSpan(**span)))


@pytest.fixture
async def desk(tmp_path):
    made = Desk(tmp_path)
    made.store.start()
    yield made
    await made.store.close()


def metric(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_an_outcome_finds_its_prediction_and_is_counted_once(desk):
    labels = {"strategy": "Butterfly", "symbol": "BTC-USDT.SIM"}
    before = metric("predictions_total", **labels), metric("prediction_latency_seconds_count", kind="order")
    await desk.judge(order("a"), order("b", DEAR))
    won = await desk.tell("a", profit=80.5)
    lost = await desk.tell("b", won=True)
    again = await desk.tell("a", profit=80.5)

    assert (won.won, won.is_right, won.probability) == (True, True, pytest.approx(WINNING, abs=1e-5))
    assert (lost.won, lost.is_right, lost.profit) == (True, False, None)
    assert again == won
    assert metric("prediction_accuracy", strategy="Butterfly") == 0.5
    assert metric("predictions_total", **labels) == before[0] + 2
    assert metric("prediction_latency_seconds_count", kind="order") == before[1] + 2


async def test_another_word_is_refused_unless_it_corrects(desk):
    await desk.judge(order("a"))
    await desk.tell("a", profit=80.5)
    with pytest.raises(ConflictError, match=r"another outcome was told: won with a profit of 80\.5"):
        await desk.tell("a", profit=-3.0)

    assert (await desk.tell("a", profit=-3.0, is_correction=True)).is_right is False
    assert (await desk.tell("a", profit=-3.0)).profit == -3.0
    assert metric("prediction_accuracy", strategy="Butterfly") == 0.0


async def test_two_who_tell_at_once_and_otherwise_are_not_both_right(desk):
    await desk.judge(order("a"))
    told = await asyncio.gather(desk.tell("a", profit=5.0), desk.tell("a", profit=-5.0), return_exceptions=True)

    assert sorted(type(one).__name__ for one in told) == ["ConflictError", "KeptOrder"]


async def test_nobody_tells_of_another_s_order_and_everybody_of_the_source_s(desk):
    [own] = await desk.judge(order("a"), owner="anna")
    [of_source] = await desk.judge(order("s"), owner="")
    for key in ("a", own.prediction_id, "none-such"):
        with pytest.raises(NotFoundError):
            await desk.tell(key, owner="bob", won=True)

    assert (await desk.tell("s", owner="bob", won=True)).prediction_id == of_source.prediction_id
    assert (await desk.tell(own.prediction_id, owner="anna", won=True)).order_id == "a"
    assert [one.order_id for one in (await desk.outcomes.orders(OrderSpan(owners=("", "bob")), 9))[0]] == ["s"]


async def test_the_first_judgement_of_an_order_stays_and_its_id_may_be_used_again(desk):
    [first] = await desk.judge(order("1"))
    desk.world.now_ns += 5 * MINUTE_NS
    [again] = await desk.judge(order("1"))
    [other] = await desk.judge(order("1", premium=3.0))
    desk.world.now_ns += DAY_NS
    [next_day] = await desk.judge(order("1"))
    nameless = [(await desk.judge(order("", premium=one)))[0].prediction_id for one in (1.0, 1.0, 2.0)]

    assert again.prediction_id == first.prediction_id
    assert len({one.prediction_id for one in (first, other, next_day)}) == 3
    assert (nameless[0] == nameless[1], nameless[0] == nameless[2]) == (True, False)
    assert (await desk.tell("1", won=True)).prediction_id == next_day.prediction_id


@pytest.mark.parametrize(
    "said", [{}, {"won": True, "profit": -1.0}, {"won": True, "resolved": NOW_NS - MINUTE_NS}], ids=str
)
async def test_what_cannot_be_is_refused(desk, said):
    await desk.judge(order("a"))
    with pytest.raises(InvalidInputError):
        await desk.tell("a", **said)


async def test_sums_are_by_strategy_and_symbol_with_intervals_of_days(desk):
    for day in range(3):
        await desk.judge(*[order(f"{day}-{n}", premium=DEAR if n else CHEAP) for n in range(4)])
        for n in range(4):
            await desk.tell(f"{day}-{n}", profit=10.0 if n < 2 else -20.0)
        desk.world.now_ns += DAY_NS
        desk.world.bars.put("BTC-USDT.SIM", "1m", desk.world.bars.closed["BTC-USDT.SIM", "1m"])
    await desk.judge(order("open"), order("odd", symbol="NOPE"), order("odd 2", strategy="Strangle"))
    await desk.tell("odd", won=False)

    strategy, own, nope = [one for one in await desk.accuracies() if one.strategy == "Butterfly"]

    assert (strategy.symbol, own.symbol, nope.symbol) == (None, "BTCUSDT", "NOPE")
    assert (own.count, own.effective_count, own.accuracy, own.baseline) == (12, 3, 0.75, 0.5)
    assert own.low < 0.35
    assert own.high > 0.95
    assert own.verdict == "unclear"
    assert own.brier == pytest.approx((3 * (1 - WINNING) ** 2 + 3 * WINNING**2 + 6 * (1 - WINNING) ** 2) / 12, abs=1e-4)
    assert own.brier_baseline == 0.25
    assert (own.executed, own.executed_wins, own.executed_profit, own.profit) == (3, 3, 30.0, -60.0)
    assert (nope.abstained, nope.count, nope.accuracy, strategy.open) == (1, 0, None, 1)


async def test_training_reads_what_the_node_has_kept_and_sees_what_it_asked(desk):
    orders = [
        order("a", strikes=(29_900.0, 29_800.0, 30_000.0), option_type="call", side="sell", quantity=2.0),
        order("b", short_term=30_010.0, long_term=30_020.0, risk=-5.0, reward=9.0, ts=NOW_NS - 61 * 10**9),
    ]
    verdicts = await desk.judge(*orders)
    for key, profit in (("a", 12.5), ("b", -3.0)):
        await desk.tell(key, profit=profit)
    await desk.judge(order("untold"), order("odd", symbol="NOPE"), order("old", ts=0))
    for key in ("odd", "old"):
        await desk.tell(key, won=True)
    past = read_kept(desk.path, OrderTrainingSection(fields={"profit": "elsewhere"}))
    data = order_examples(past, None, OrderTrainingSection())
    asked = {
        one.prediction_id: order_vector(one.candidate.order(one.snapshot.market.price, one.ts), one.snapshot.market)
        for one in verdicts
    }

    assert [one.profit for one in past.orders] == [-3.0, 12.5]
    for example, vector in zip(past.orders, data.vectors.tolist(), strict=True):
        assert tuple(vector) == asked[example.candidate.order_id]


def test_where_nothing_is_kept_there_is_nothing_to_learn(tmp_path):
    with pytest.raises(MarketDataError, match="no judged orders are kept here yet"):
        read_kept(tmp_path / "analytics.db", OrderTrainingSection())


async def test_outcomes_outlive_the_process(tmp_path):
    first = Desk(tmp_path)
    first.store.start()
    await first.judge(order("a"))
    await first.tell("a", won=False)
    await first.store.close()
    second = Desk(tmp_path)
    second.store.start()
    await second.outcomes.begin()

    assert metric("prediction_accuracy", strategy="Butterfly") == 0.0
    assert (await second.tell("a", won=False)).is_right is False
    await second.store.close()


async def test_an_outcome_that_cannot_be_written_is_not_taken(tmp_path):
    desk = Desk(tmp_path)
    desk.path.mkdir()
    desk.store.start()
    await desk.judge(order("a"))
    with pytest.raises(StoreUnavailableError, match="outcomes cannot be written"):
        await desk.tell("a", won=True)
    desk.path.rmdir()
    async with asyncio.timeout(60):
        while desk.store.trouble is not None:
            await desk.store.settled()

    assert (await desk.tell("a", won=True)).won
    await desk.store.close()


async def test_orders_without_an_outcome_are_forgotten_and_those_with_one_stay(desk):
    await desk.judge(order("told"), order("untold"))
    kept = await desk.tell("told", won=True)
    connection = desk.store._writer._connection
    stored_ms = query(desk.path, "SELECT max(stored_ms) FROM screened")[0][0]
    Upkeep(AnalysesSection()).step(connection, stored_ms + 31 * DAY_MS)

    assert query(desk.path, "SELECT prediction_id FROM screened") == [(kept.prediction_id,)]
