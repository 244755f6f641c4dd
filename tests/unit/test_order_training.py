"""A model of past orders: what is learnt is the node's own question, judged honestly, and used once promoted."""

import asyncio
import json

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

import run_node
from actors.ports.order_outcomes import OrderOutcome, ScreenedOrder
from actors.screening.candidate import Candidate
from actors.screening.training.examples import order_examples
from actors.screening.training.file import collected, read_past
from actors.screening.training.report import OrderReport
from actors.screening.training.trainer import train_orders
from actors.screening.training.wish import OrderWish
from actors.signal.models.registry import ModelRegistry
from actors.signal.order_features import NAMES, OrderMarket, order_vector
from actors.signal.session import Session
from actors.signal.training.compare import Current
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from config.errors import MarketDataError
from config.screening import ScreeningSection
from config.training_errors import InsufficientDataError
from node.training.job import OrderJob
from node.training.making import make
from node.training.order_page import order_page
from tests.bridge.fakes import BTC
from tests.unit.order_models import ScreeningWorld
from tests.unit.past_orders import SMALL, START_S, past_rows, write

WISH = OrderWish(kind="order_gbt", seed=3, section=SMALL, created_ms=1_000)
ROW = {
    "timestamp": START_S,
    "symbol": "SPX",
    "strategy": "Butterfly",
    "strikes": "4800/4850/4900",
    "premium": 2.0,
    "predicted_price": 4_850,
    "price": 4_830.0,
    "profit": 12.5,
}


def silent(*_):
    pass


def read(folder, rows, name="orders.jsonl", **fields):
    return read_past(write(folder / name, rows), structs.replace(SMALL.orders, **fields))


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    return read(tmp_path_factory.mktemp("skilled"), past_rows())


@pytest.fixture(scope="module")
def trained(past, tmp_path_factory):
    """The training process made and kept a model, which is promoted: a world that has it, its metadata, its report."""
    folder = tmp_path_factory.mktemp("trained")
    world = ScreeningWorld(folder, ScreeningSection(volatility="ETH-USDT.SIM"))
    world.bars.put("ETH-USDT.SIM", "1m", world.bars.closed[BTC, "1m"])
    file = write(folder / "orders.jsonl", past_rows())
    made = make(OrderJob(wish=WISH, file=str(file), models_dir=str(folder)), world.registry, silent)
    report, page = made.timed(1.5)
    saved = world.registry.save(made.meta, {**made.files, "report.json": report, "report.html": page})
    return world, world.registry.promote(saved.id), msgspec.json.decode(report, type=OrderReport)


def test_csv_and_json_lines_are_the_same_orders(tmp_path):
    rows = past_rows(60)

    assert read(tmp_path, rows, "a.csv").orders == read(tmp_path, rows, "b.jsonl").orders


def test_an_example_is_what_the_node_would_have_asked(tmp_path):
    order = {"id": 7, "strikes": "4900/4800/4850", "action": "sell", "option_type": "CALL", "quantity": 2}
    more = {"short_term": 4_840.0, "long_term": 4_870.0, "risk": -50, "reward": 75, "volatility_level": 14.2}
    [one] = read(tmp_path, [ROW | order | more]).orders
    session = Session.from_text("09:30-16:00 America/New_York")
    data = order_examples(structs.replace(read(tmp_path, [ROW | order | more])), session, SMALL.orders)
    candidate = Candidate(
        order_id="7",
        symbol="SPX",
        strategy="Butterfly",
        premium=2.0,
        predicted_price=4_850.0,
        strikes=(4_900.0, 4_800.0, 4_850.0),
        side="sell",
        option_type="call",
        quantity=2.0,
        short_term=4_840.0,
        long_term=4_870.0,
        risk=-50.0,
        reward=75.0,
    )
    market = OrderMarket(price=4_830.0, volatility_level=14.2)

    assert one.candidate == structs.replace(candidate, ts=START_S * 10**9)
    assert tuple(data.vectors[0]) == order_vector(candidate.order(4_830.0, START_S * 10**9), market, session)
    assert data.has_volatility


def test_columns_are_where_the_configuration_says_and_won_is_enough(tmp_path):
    row = {name: value for name, value in ROW.items() if name not in {"premium", "profit"}}
    [one] = read(
        tmp_path, [row | {"cost": {"mid": 3.0}, "result": 1}], fields={"premium": "cost.mid", "won": "result"}
    ).orders

    assert (one.candidate.premium, one.won, one.profit, one.resolved) == (3.0, True, None, None)


def test_orders_stand_in_the_order_of_time_and_an_unknown_end_is_assumed(tmp_path):
    rows = [ROW | {"timestamp": START_S + 3_600}, ROW | {"resolved": START_S + 90}]
    past = read(tmp_path, rows)
    data = order_examples(past, None, SMALL.orders)

    assert [order.ts for order in past.orders] == [START_S * 10**9, (START_S + 3_600) * 10**9]
    assert data.index.tolist() == [0, 60]
    assert data.end.tolist() == [2, 60 + 24 * 60]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"strategy": "Strangle"}, "unknown strategy 'Strangle'"),
        ({"strategy": None}, "strategy: Field required"),
        ({"timestamp": None}, "timestamp: Field required"),
        ({"timestamp": "soon"}, "timestamp: expected ISO 8601"),
        ({"price": None}, "price: Field required"),
        ({"price": 0}, "Expected `float` > 0.0"),
        ({"premium": "cheap"}, "Expected `float | null`"),
        ({"strikes": "wide"}, "strikes: expected strikes as"),
        ({"profit": None}, "expected profit or won"),
        ({"won": 0}, "won: won says otherwise than a profit of 12.5"),
        ({"won": 0.5}, "won: expected 0 or 1"),
        ({"resolved": START_S - 60}, "resolved: resolved before it was judged"),
    ],
    ids=lambda one: json.dumps(one) if isinstance(one, dict) else "",
)
def test_a_bad_row_refuses_the_file_by_its_place_and_reason(tmp_path, changed, reason):
    with pytest.raises(MarketDataError) as raised:
        read(tmp_path, [ROW, ROW | changed])

    assert str(raised.value).startswith("orders.jsonl: row 2: ")
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "timestamp,price\n1,2,3\n", "a.csv: row 2: expected 2 columns"),
        (
            "a.csv",
            "timestamp,symbol,strategy,price,won,premium\n2023-11-14T22:14:00,SPX,Sonar,5,1,nan\n",
            "row 2: Expected `float`",
        ),
        ("a.csv", "", "a.csv: has no orders"),
        ("a.jsonl", "{}\n[1]\n", "a.jsonl: row 2: expected a JSON object"),
        ("a.xlsx", "", "a.xlsx: expected a name that ends with .csv"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(MarketDataError, match=reason.replace(".", r"\.")):
        order_examples(read_past(tmp_path / name, SMALL.orders), None, SMALL.orders)


ODD = [None, "", True, -1, 0, 1e308, 2**70, "x" * 300, [], {}, [1, "a"], "1/2", "nan", "1e999", "\0", "9999-12-31"]
PLACES = [*ROW, "won", "resolved", "id", "action", "option_type", "quantity", "short_term", "risk", "volatility_level"]


@pytest.mark.property
@given(some.dictionaries(some.sampled_from(PLACES), some.sampled_from(ODD) | some.floats() | some.text(max_size=9)))
def test_whatever_stands_in_a_row_it_is_an_order_or_refused(changed):
    for is_text in (False, True):
        rows = [(1, {name: str(value) if is_text else value for name, value in (ROW | changed).items()})]
        try:
            [one] = collected("x", iter(rows), SMALL.orders, is_text=is_text)
        except MarketDataError as e:
            told = str(e)
        else:
            told = "x: row 1: "
            assert one.market.price > 0.0
            assert one.won == (one.profit > 0.0 if one.profit is not None else one.won)
        assert told.startswith("x: row 1: ")


def test_orders_decades_apart_are_refused_with_their_days(tmp_path):
    past = read(tmp_path, [ROW | {"timestamp": 0}, ROW])
    with pytest.raises(MarketDataError, match="more than 20 years apart, 1970-01-01 to 2023-11-1"):
        order_examples(past, None, SMALL.orders)


def test_many_bad_rows_are_counted_and_the_same_order_twice_is_one():
    twice = ROW | {"id": "a"}
    rows = [*enumerate([twice, twice, *[ROW | {"price": None}] * 6], 1)]
    with pytest.raises(MarketDataError, match=r"row 2: order 'a' .* stands in row 1 already.*; and 2 rows more"):
        collected("x", iter(rows), SMALL.orders)


def test_too_few_orders_are_too_few(tmp_path):
    with pytest.raises(InsufficientDataError):
        train_orders(read(tmp_path, past_rows(90)), WISH, None, silent)


def test_nothing_that_was_still_open_is_learnt_from(past, trained):
    from actors.signal.training import splits

    data = order_examples(past, None, SMALL.orders)
    for fold in splits.folds(data.end, data.index, count=2, first=0.5, embargo=60):
        assert data.end[fold.fit].max() + 60 < data.index[fold.validation[0]]
        assert data.end[fold.validation].max() + 60 < data.index[fold.test[0]]
    assert trained[2].data.effective < len(past.orders) / 2


def test_what_can_be_learnt_is_learnt_and_may_be_promoted(trained):
    _, meta, report = trained

    assert report.samples.out_of_sample.log_loss < report.baselines["majority"].log_loss - 0.02
    assert report.executed.wins / report.executed.orders > report.every.wins / report.every.orders + 0.1
    assert (report.gate.is_promotable, meta.is_promotable, report.edge.word) == (True, True, "yes")
    assert all(test.passed for test in report.leak_tests)
    assert {part.name for part in report.strategies} == {"Iron Condor", "Butterfly"}
    assert sum(part.every.orders for part in report.symbols) == report.samples.out_of_sample.count


def test_who_knows_the_strategy_alone_is_no_better_than_its_share_of_wins(tmp_path):
    rows = [row | {"won": int(row["profit"] > 0), "profit": None, "symbol": "<b>&"} for row in past_rows(skill=0.0)]
    report = train_orders(read(tmp_path, rows), WISH, None, silent).report
    html = order_page(report)

    assert report.baselines["majority"].log_loss < 0.68, "condors win more often than butterflies"
    assert not report.gate.is_promotable
    assert (report.edge.word, report.edge.reason) == ("inconclusive", "not every order says what it earned")
    assert (report.executed.profit, report.equity) == (None, ())
    assert "not every order says what it earned" in html
    assert "<b>&" not in html


@pytest.mark.slow
async def test_what_the_node_was_told_teaches_the_same_as_a_file(trained, tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    for row in past_rows():
        told = {name: row[name] for name in row if name not in {"profit", "resolved"}} | {
            "timestamp": row["timestamp"] * 1_000
        }
        kept = {"prediction_id": row["id"], "order_id": "", "owner": "anna", "symbol": row["symbol"], "fields": told}
        judged = {"probability": None, "threshold": 0.5, "recommendation": "SKIP", "model": "", "learnable": True}
        store.put(ScreenedOrder(ts=row["timestamp"] * 10**9, strategy=row["strategy"], **kept, **judged))
        won, resolved = row["profit"] > 0, row["resolved"] * 10**9
        store.put(
            OrderOutcome(prediction_id=row["id"], won=won, profit=row["profit"], ts_resolved=resolved, told_by="anna")
        )
    await store.close()
    job = OrderJob(wish=WISH, file=str(tmp_path / "analytics.db"), models_dir=str(tmp_path))
    made = await asyncio.to_thread(make, job, ModelRegistry(tmp_path / "models"), silent)

    world, meta, _ = trained
    assert made.files["model.json"] == world.registry.read(meta, "model.json")
    assert made.meta.scores == meta.scores


def test_the_page_stands_alone(trained):
    html = order_page(trained[2])

    assert ("<script" in html, "http" in html) == (False, False)
    for told in ("Edge", "Strategies, out of sample", "Reliability", "Threshold sweep", "Leak tests", "Folds"):
        assert told in html


@pytest.mark.slow
def test_the_same_orders_give_the_same_bytes_which_are_no_better_than_themselves(past, trained):
    world, meta, report = trained
    current = Current(meta, world.registry.read(meta, "model.json"))
    again = train_orders(past, structs.replace(WISH, created_ms=2_000), current, silent)

    assert again.files["model.json"] == current.model
    assert structs.replace(again.report, times=report.times, current=None, gate=report.gate) == report
    assert again.report.current.how == "its recipe"
    assert not again.meta.is_promotable
    assert meta.id in again.meta.reason


async def test_once_promoted_the_screener_answers_with_it(trained):
    world, meta, _ = trained
    price = world.price
    near, far = (
        Candidate(symbol="BTCUSDT", strategy="Iron Condor", strikes=tuple(at + off for off in (-40, -30, 30, 40)))
        for at in (price, price * 1.02)
    )

    won, lost = await world.screener.screen([near, far])

    assert won.model == lost.model == meta.id
    assert won.probability > 0.7 > lost.probability
    assert set(json.loads(world.registry.read(meta, "features.json"))) == set(NAMES)
    assert ModelRegistry(world.registry.folder).current("ALL.ORDERS", "1d", "order_gbt").id == meta.id


@pytest.fixture
def logs_as_they_were():
    """The command logs in its own way, and here it is this process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.slow
@pytest.mark.usefixtures("logs_as_they_were")
def test_one_command_trains_tells_and_promotes(tmp_path, capsys):
    file = write(tmp_path / "orders.csv", past_rows())
    settings = ["training.folds=2", "training.first=0.5", "training.orders.embargo_h=1", "training.nice=0"]
    options = [part for one in [*settings, f"node.state_dir={tmp_path}"] for part in ("--set", one)]

    code = run_node.main(["train", "--orders", str(file), "--promote", *options])

    out = capsys.readouterr().out
    assert code == 0
    for told in ("above 0.7", "all orders", "iron condor", "edge: ", "report.html", ", promoted"):
        assert told in out.lower()
    assert ModelRegistry(tmp_path / "models").current("ALL.ORDERS", "1d", "order_gbt") is not None


@pytest.mark.usefixtures("logs_as_they_were")
def test_options_of_bars_are_refused_beside_orders(tmp_path, capsys):
    state = f"node.state_dir={tmp_path}"
    code = run_node.main(["train", "--orders", "orders.csv", "--kind", "lstm", "--set", state])

    assert code == 2
    assert "--kind: there is one model for all orders" in capsys.readouterr().err
