"""Orders are judged by what they are, once per market, and abstained from openly."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as some

from actors.market import SECOND_NS
from actors.screening.candidate import Candidate
from actors.screening.model import OrderModel
from actors.signal.models.meta import Calibration
from actors.signal.option_orders import OptionOrder, risk_reward
from config.errors import ConfigError, VenueUnavailableError
from config.screening import ScreeningSection
from tests.bridge.fakes import BTC
from tests.unit.model_files import stump
from tests.unit.order_models import CHEAP, LOSING, WINNING, ScreeningWorld, promote


def order(**fields):
    return Candidate(
        **({"symbol": "BTCUSDT", "strategy": "Butterfly", "premium": 2.0, "predicted_price": 30_000.0} | fields)
    )


@pytest.fixture
def world(tmp_path):
    made = ScreeningWorld(tmp_path)
    promote(made.registry, "m-1")
    return made


async def test_a_winner_is_executed_and_a_loser_skipped_each_with_its_reason(world):
    won, lost = await world.screener.screen([order(order_id="a"), order(order_id="b", premium=900.0)])

    assert (won.probability, lost.probability) == (pytest.approx(WINNING, abs=1e-5), pytest.approx(LOSING, abs=1e-5))
    assert (won.recommendation, lost.recommendation) == ("EXECUTE", "SKIP")
    assert won.reasons == ("win probability 0.8808 is above 0.7", "threshold 0.5")
    assert (won.confidence, lost.confidence) == (won.probability, 1.0 - lost.probability)
    assert (won.model, won.features, won.snapshot.source) == ("m-1", 27, "replay")


async def test_exactly_the_limit_is_not_above_it(tmp_path):
    world = ScreeningWorld(tmp_path)
    promote(world.registry, "m-1", calibration=Calibration(kind="isotonic", x=(0.5,), y=(0.7,)))

    [verdict] = await world.screener.screen([order()])

    assert (verdict.probability, verdict.recommendation) == (0.7, "SKIP")


async def test_the_market_is_read_once_for_each_symbol(world):
    await world.screener.screen([order(symbol=one) for one in ("BTCUSDT", "btcusdt", "BTCUSDT")])

    assert world.asked == ["BTCUSDT"]


async def test_what_cannot_be_judged_is_abstained_from_alone(world):
    found = await world.screener.screen(
        [order(), order(strategy="Strangle"), order(symbol="NOPE"), order(symbol="ETHUSDT"), order()]
    )

    assert [one.probability is None for one in found] == [False, True, True, True, False]
    assert [one.recommendation for one in found] == ["EXECUTE", "SKIP", "SKIP", "SKIP", "EXECUTE"]
    assert found[1].reasons == ("unknown strategy 'Strangle'",)
    assert found[2].reasons[0].startswith("no market data: no instrument has the symbol 'NOPE'")
    assert found[3].reasons == ("no market data: there is no price of ETH-USDT.SIM yet",)
    assert [one.confidence for one in found[1:4]] == [0.0] * 3


async def test_without_a_model_every_order_is_abstained_from(tmp_path):
    world = ScreeningWorld(tmp_path)

    [verdict] = await world.screener.screen([order()])

    assert (world.screener.model, verdict.probability, verdict.model) == (None, None, "")
    assert verdict.reasons == ("no model of orders is promoted",)


async def test_a_promotion_counts_from_the_next_order_on(world):
    await world.screener.screen([order()])
    promote(world.registry, "m-2", stump(0.0, 0.0, features=27))

    [verdict] = await world.screener.screen([order()])

    assert (verdict.model, verdict.probability) == ("m-2", 0.5)


@pytest.mark.parametrize(
    "changed",
    [
        {"feature_schema": "orders-v0"},
        {"calibration": Calibration(kind="platt", a=-1.0)},
        {"session": "09:30-16:00 America/New_York"},
        {"label": {"volatility": True}},
    ],
    ids=str,
)
def test_a_model_that_was_trained_otherwise_is_refused(tmp_path, changed):
    world = ScreeningWorld(tmp_path)
    promote(world.registry, "m-1", CHEAP, **changed)
    model = OrderModel(world.registry, world.section)

    assert model.look() is None
    assert model.why == "model m-1 refused"


async def test_simulated_prices_are_named_and_can_be_refused(tmp_path):
    open_world = ScreeningWorld(tmp_path / "a", source="mock")
    strict = ScreeningWorld(tmp_path / "b", ScreeningSection(refuse_simulated=True), source="mock")
    for world in (open_world, strict):
        promote(world.registry, "m-1")

    [named], [refused] = [await world.screener.screen([order()]) for world in (open_world, strict)]

    assert (named.snapshot.source, named.probability is None) == ("mock", False)
    assert refused.reasons == ("prices are simulated, which `screening.refuse_simulated` forbids",)


async def test_the_same_order_is_remembered_and_another_never_gets_its_answer(world):
    [first] = await world.screener.screen([order()])
    [again] = await world.screener.screen([order()])
    [other] = await world.screener.screen([order(premium=900.0)])

    counts = world.screener.counts()
    assert (first.probability, again.probability) == (again.probability, first.probability)
    assert other.probability < 0.5
    assert (counts.feature_hits, counts.feature_misses, counts.prediction_hits) == (1, 2, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"premium": 3.0},
        {"predicted_price": 29_000.0},
        {"strategy": "Vertical"},
        {"strikes": (1.0, 2.0, 3.0)},
        {"side": "sell"},
        {"option_type": "put"},
        {"quantity": 2.0},
        {"short_term": 1.0},
        {"long_term": 1.0},
        {"risk": -5.0},
        {"reward": 5.0},
        {"ts": 1},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_every_field_is_part_of_the_key(world, changed):
    await world.screener.screen([order()])
    await world.screener.screen([order(**changed)])

    assert world.screener.counts().feature_hits == 0


async def test_lifetimes_are_of_market_time(world):
    await world.screener.screen([order(ts=0)])
    world.now_ns += 61 * SECOND_NS
    await world.screener.screen([order(ts=0)])
    world.now_ns += 300 * SECOND_NS
    await world.screener.screen([order(ts=0)])
    world.now_ns -= 3_600 * SECOND_NS
    await world.screener.screen([order(ts=0)])

    counts = world.screener.counts()
    assert (counts.feature_misses, counts.prediction_hits, counts.prediction_misses) == (4, 1, 3)


async def test_those_who_ask_together_wait_for_one_reading(world):
    pages, page = [], world.bars.page

    async def slow(*args, **options):
        pages.append(args)
        await asyncio.sleep(0)
        return await page(*args, **options)

    world.bars.page = slow
    await asyncio.gather(*(world.screener.screen([order()]) for _ in range(5)))

    assert pages == [(BTC, "1m")]


async def test_a_source_that_fails_costs_its_symbol_only_and_not_for_long(world):
    world.bars.failure = VenueUnavailableError("down")
    [failed] = await world.screener.screen([order()])
    world.bars.failure = None
    [well] = await world.screener.screen([order()])

    assert (failed.reasons, well.recommendation) == (("no market data: down",), "EXECUTE")


async def test_the_volatility_index_is_a_feature(tmp_path):
    world = ScreeningWorld(tmp_path, ScreeningSection(volatility="ETH-USDT.SIM"))
    world.bars.put("ETH-USDT.SIM", "1m", world.bars.closed[BTC, "1m"])

    market = (await world.screener.snapshot("BTCUSDT")).market

    closes = [one.close / 100 for one in world.bars.closed[BTC, "1m"][-60:]]
    assert (market.price, market.volatility_level) == (world.price, world.price)
    assert market.volatility_distance == pytest.approx(closes[-1] / (sum(closes) / 60) - 1.0)
    assert market.volatility_change == pytest.approx(closes[-1] / closes[-2] - 1.0)


async def test_thresholds_are_of_symbol_and_strategy(tmp_path):
    table = {"btcusdt": {"Iron Condor": 0.9, "Butterfly": 0.45}}
    world = ScreeningWorld(tmp_path, ScreeningSection(thresholds=table))
    promote(world.registry, "m-1")

    found = await world.screener.screen([order(strategy=one) for one in ("IronCondor", "Butterfly", "Sonar")])

    assert [one.threshold for one in found] == [0.9, 0.45, 0.5]
    assert [one.is_winner for one in found] == [False, True, True]
    assert [one.recommendation for one in found] == ["EXECUTE"] * 3


def test_a_threshold_of_no_strategy_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match=r"screening.thresholds.SPX: expected a strategy, was 'Straddle'"):
        ScreeningWorld(tmp_path, ScreeningSection(thresholds={"SPX": {"Straddle": 0.5}}))


async def test_every_verdict_is_a_line_of_the_log(world):
    await world.screener.screen(
        [order(order_id="a", strikes=(103.0, 101.0, 102.0), premium=0.25), order(symbol="NOPE")]
    )

    judged, abstained = world.lines()
    assert judged["strikes"] == [101.0, 102.0, 103.0]
    assert (judged["risk"], judged["reward"], judged["approved"], judged["model_version"]) == (-25.0, 75.0, True, "m-1")
    assert (judged["symbol"], judged["strategy"], judged["order_id"]) == ("BTCUSDT", "Butterfly", "a")
    assert judged["timestamp"] == "2023-11-14T23:44:00.000+00:00"
    assert (abstained["win_probability"], abstained["approved"]) == (None, False)


async def test_a_full_log_is_moved_aside(tmp_path):
    world = ScreeningWorld(tmp_path, ScreeningSection(log_bytes=500))
    for _ in range(4):
        await world.screener.screen([order()])

    assert len(world.lines()) < 4
    assert world.path.with_name("predictions.jsonl.1").exists()


async def test_a_log_that_cannot_be_written_stops_no_order(tmp_path):
    world = ScreeningWorld(tmp_path)
    promote(world.registry, "m-1")
    (tmp_path / "log").write_text("a file where the folder should be")

    [verdict] = await world.screener.screen([order()])
    world._log.close()

    assert verdict.recommendation == "EXECUTE"


prices = some.floats(1.0, 10_000.0)
premiums = some.floats(0.01, 50.0)


@pytest.mark.property
class TestRisk:
    @given(some.lists(prices, min_size=3, max_size=3, unique=True), premiums, some.integers(1, 99))
    def test_a_butterfly_risks_what_was_paid_and_both_sides_mirror(self, strikes, premium, quantity):
        bought, sold = (
            risk_reward(_option("butterfly", strikes, premium, quantity, side=side)) for side in ("buy", "sell")
        )
        low, middle, high = sorted(strikes)

        assert bought.risk == pytest.approx(-premium * 100 * quantity)
        assert bought.reward == pytest.approx((middle - low - premium) * 100 * quantity, abs=1e-6)
        assert (sold.risk, sold.reward) == (pytest.approx(-bought.reward), pytest.approx(-bought.risk))
        assert list(bought.breakevens.values()) == pytest.approx([low + premium, high - premium])

    @given(some.lists(prices, min_size=4, max_size=4, unique=True), premiums, some.permutations(range(4)))
    def test_a_condor_s_width_is_its_wider_wing_in_any_order(self, strikes, premium, places):
        found = risk_reward(_option("iron_condor", [strikes[place] for place in places], premium, 1))
        first, second, third, fourth = sorted(strikes)
        width = max(second - first, fourth - third)

        assert found.reward == pytest.approx(premium * 100)
        assert found.risk == pytest.approx(-(width - premium) * 100, abs=1e-6)
        assert list(found.breakevens.values()) == pytest.approx([second - premium, third + premium])

    @given(some.lists(prices, min_size=2, max_size=2, unique=True), premiums)
    def test_a_vertical_is_even_beside_its_lower_strike(self, strikes, premium):
        call, put = (
            risk_reward(_option("vertical", strikes, premium, 1, option_type=kind)) for kind in ("call", "put")
        )

        assert call.breakevens["breakeven"] == pytest.approx(min(strikes) + premium)
        assert put.breakevens["breakeven"] == pytest.approx(min(strikes) - premium)
        assert call.risk == pytest.approx(-(max(strikes) - min(strikes) - premium) * 100, abs=1e-6)


def _option(strategy, strikes, premium, quantity, **fields):
    return OptionOrder(
        strategy=strategy,
        strikes=tuple(strikes),
        premium=premium,
        quantity=quantity,
        predicted_price=0.0,
        ts=0,
        **fields,
    )
