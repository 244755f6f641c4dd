"""The order predictor's clients against the real server: every body of theirs, and tokens of programs."""

import asyncio
import json
import re

import pytest

from actors.auth.services import ServiceIdentity, with_services
from actors.bridge.access import ROUTES
from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.rest.route import routes
from actors.screening.candidate import Candidate
from actors.screening.intake import Intake
from actors.screening.polling import Polling
from actors.signal.outside.client import HttpClient
from config.errors import ConfigError
from config.schema import DialectsSection, NodeConfig, ServerSection
from config.screening import OrderSource, ScreeningSection, ServiceSection
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import BTC, ETH, make_context, quiet_ticks
from tests.bridge.rest_client import serving
from tests.unit.order_models import WINNING, ScreeningWorld, promote

PATHS = sorted(name for name in routes if issubclass(routes.get(name), Magic8Route))
FLAT = {"strategy": "Butterfly", "symbol": "BTCUSDT", "premium": 2, "predicted_price": 30_000}
ORDERS = (("a", "BTCUSDT"), ("b", "BTCUSDT"), ("c", "NOPE"))
OLD, NEW = "o" * 32, "n" * 32


def flat(**fields):
    return FLAT | fields


def node(**screening):
    return NodeConfig(
        server=ServerSection(port=0, user_rate_limit_per_min=100_000),
        dialects=DialectsSection(magic8=True),
        screening=ScreeningSection(**screening),
    )


@pytest.fixture
def world(tmp_path):
    made = ScreeningWorld(tmp_path, node(thresholds={"BTCUSDT": {"Iron Condor": 0.9}}).screening)
    promote(made.registry, "m-1")
    return made


def context(world, config=None, **parts):
    ticks = quiet_ticks(world.bars, wait_s=0.01)
    return make_context(config or node(), bars=world.bars, screening=world.screener, ticks=ticks, **parts)


async def asked(world, method, path, body=None, **parts):
    async with serving(context(world, **parts)) as client:
        options = {} if body is None else {"json": body}
        return await client.ask(method, path, **options)


async def test_a_flat_order_gets_the_union_of_fields(world):
    answered = await asked(world, "POST", "/predict", flat())

    told = answered.json()
    assert answered.status == 200
    assert (told["symbol"], told["strategy"], told["premium"], told["predicted_price"]) == (
        "BTCUSDT",
        "Butterfly",
        2.0,
        30_000.0,
    )
    assert told["win_probability"] == pytest.approx(WINNING, abs=1e-5)
    assert (told["prediction"], told["threshold"], told["recommendation"]) == ("WIN", 0.5, "STRONG BUY")
    assert told["confidence"] == pytest.approx((told["win_probability"] - 0.5) * 2)
    assert told["risk_score"] == pytest.approx(1 - told["win_probability"])
    assert (told["data_source"], told["n_features"], told["abstained"]) == ("replay", 27, False)
    assert told["processing_time_ms"] >= 0


async def test_every_optional_field_in_their_spellings(world):
    body = flat(
        strategy="Iron_Condor",
        short_term=29_000,
        long_term=None,
        strikes=[31_000, 30_500.5, 29_000, 28_000],
        action="sell",
        option_type="Call",
        quantity=2,
        risk=-100,
        reward=None,
        unknown={"is": "passed over"},
    )
    told = (await asked(world, "POST", "/predict", body)).json()

    assert (told["strategy"], told["threshold"], told["prediction"]) == ("Iron_Condor", 0.9, "LOSS")


async def test_a_list_of_orders_gets_a_list(world):
    orders = [
        {"id": "a", "symbol": "BTCUSDT", "strategy": "Butterfly", "timestamp": "2026-01-01T15:30:00Z"},
        {"id": 7, "symbol": "btc-usdt", "strategy": "Sonar", "timestamp": 1_767_000_000, "premium": 900.0},
        {"symbol": "BTCUSDT", "strategy": "Sonar"},
        {"id": "c", "symbol": "NOPE", "strategy": "Sonar", "timestamp": 1_767_000_000_000},
    ]
    first, second, unread, abstained = (await asked(world, "POST", "/predict", {"orders": orders})).json()[
        "predictions"
    ]

    assert (first["order_id"], first["recommendation"]) == ("a", "EXECUTE")
    assert (second["order_id"], second["recommendation"]) == ("7", "SKIP")
    assert second["confidence"] == pytest.approx(1 - second["win_probability"])
    assert unread == {"error": {"code": "validation", "message": "id: Field required"}}
    assert (abstained["abstained"], abstained["win_probability"], abstained["recommendation"]) == (True, 0.0, "SKIP")


@pytest.mark.slow
async def test_a_bad_order_of_a_batch_shifts_no_other(world):
    bad = [flat(premium="much"), {"symbol": "X"}, 5, flat(strikes=[-1]), flat(quantity=0), flat(action="HOLD")]
    body = {"requests": [flat(), *bad, flat(premium=900), flat(strategy="Strangle")], "share_market_data": True}
    told = (await asked(world, "POST", "/predict/batch", body)).json()

    found = told["predictions"]
    assert [("error" in one) for one in found] == [False, *[True] * 6, False, False]
    assert {one["error"]["code"] for one in found[1:7]} == {"validation"}
    assert (found[0]["prediction"], found[7]["prediction"], found[8]["prediction"]) == ("WIN", "LOSS", "ABSTAIN")
    assert found[8]["reasons"] == ["unknown strategy 'Strangle'"]
    assert told["batch_metrics"] == {
        "feature_hits": 0,
        "feature_misses": 2,
        "prediction_hits": 0,
        "prediction_misses": 2,
    }


@pytest.mark.parametrize(("count", "status"), [(0, 200), (32, 200), (100, 200), (101, 413)])
async def test_a_batch_has_up_to_a_hundred(world, count, status):
    async with serving(context(world)) as client:
        batch = await client.ask("POST", "/predict/batch", json={"requests": [flat()] * count})
        listed = await client.ask("POST", "/predict", json={"orders": [flat(id="a")] * count})

    assert (batch.status, listed.status) == (status, status)
    if status == 200:
        assert len(batch.json()["predictions"]) == len(listed.json()["predictions"]) == count


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"symbol": "BTCUSDT"}, ["body", "strategy"], "missing"),
        (flat(premium=None), ["body", "premium"], "missing"),
        (flat(premium="2"), ["body", "premium"], "value_error"),
        (flat(strikes=[1, "x"]), ["body", "strikes", 1], "value_error"),
        (flat(timestamp="soon"), ["body", "timestamp"], "value_error"),
        (flat(symbol="S" * 25), ["body", "symbol"], "value_error"),
        (flat(quantity=-1), ["body", "quantity"], "value_error"),
        (flat(action="buy!"), ["body", "action"], "value_error"),
    ],
)
async def test_a_flat_order_that_breaks_a_rule_names_the_field(world, body, loc, kind):
    answered = await asked(world, "POST", "/predict", body)

    [detail] = answered.json()["detail"]
    assert (answered.status, detail["loc"], detail["type"]) == (422, loc, kind)


async def test_what_is_no_json_is_told_in_a_text(world):
    async with serving(context(world)) as client:
        headers, nan = {"Content-Type": "application/json"}, json.dumps(flat(premium=float("nan")))
        answered = await client.ask("POST", "/predict", data=b"{", headers=headers)
        unnumbered = await client.ask("POST", "/predict", data=nan, headers=headers)

    assert (answered.status, answered.json()["detail"]) == (400, "body must be JSON")
    assert unnumbered.status == 400


async def test_without_a_model_predictions_say_so_and_the_rest_answers(tmp_path):
    world = ScreeningWorld(tmp_path)
    async with serving(context(world)) as client:
        refused = [
            await client.ask("POST", path, json=body)
            for path, body in (("/predict", flat()), ("/predict", {"orders": []}), ("/predict/batch", {"requests": []}))
        ]
        market = await client.get("/market/BTCUSDT")

    assert [(one.status, one.json()["detail"]) for one in refused] == [(503, "Model not loaded")] * 3
    assert market.status == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"strategy": "Butterfly", "strikes": [4800, 4850, 4900], "premium": 2.0, "action": "BUY"},
            (-200, 4800, 24, {"breakeven_lower": 4802, "breakeven_upper": 4898}),
        ),
        (
            {"strategy": "Butterfly", "strikes": [4900, 4850, 4800], "premium": 2.0, "action": "sell"},
            (-4800, 200, 200 / 4800, {"breakeven_lower": 4802, "breakeven_upper": 4898}),
        ),
        (
            {"strategy": "Iron Condor", "strikes": [5905, 5900, 5800, 5790], "premium": 0.5, "quantity": 2},
            (-1900, 100, 100 / 1900, {"breakeven_lower": 5799.5, "breakeven_upper": 5900.5}),
        ),
        (
            {"strategy": "Sonar", "strikes": [1, 2, 4, 5], "premium": 0.25, "action": "SELL"},
            (-75, 25, 1 / 3, {"breakeven_lower": 1.75, "breakeven_upper": 4.25}),
        ),
        (
            {"strategy": "Vertical", "strikes": [6005, 6000], "premium": 0.5, "action": "SELL", "option_type": "CALL"},
            (-450, 50, 1 / 9, {"breakeven": 6000.5}),
        ),
        (
            {"strategy": "Vertical", "strikes": [6000, 6005], "premium": 2, "action": "BUY", "option_type": "PUT"},
            (-200, 300, 1.5, {"breakeven": 5998}),
        ),
        (
            {"strategy": "Butterfly", "strikes": [1, 2, 3], "premium": 0, "action": "BUY"},
            (0, 100, 0, {"breakeven_lower": 1, "breakeven_upper": 3}),
        ),
    ],
)
async def test_risk_and_reward_by_the_formulas(world, body, expected):
    told = (await asked(world, "POST", "/calculate_risk_reward", {"symbol": "SPX"} | body)).json()

    risk, reward, ratio, breakevens = expected
    assert (told["symbol"], told["strategy"]) == ("SPX", body["strategy"])
    assert (told["risk"], told["reward"], told["breakevens"]) == (risk, reward, breakevens)
    assert told["risk_reward_ratio"] == pytest.approx(ratio, abs=1e-8)


async def test_risk_of_what_cannot_be_worked_out(world):
    body = {"symbol": "SPX", "strikes": [1, 2], "premium": 1.0}
    unknown = await asked(world, "POST", "/calculate_risk_reward", body | {"strategy": "Strangle"})
    few = await asked(world, "POST", "/calculate_risk_reward", body | {"strategy": "Butterfly"})

    assert (unknown.status, unknown.json()["detail"]) == (400, "Unknown strategy: Strangle")
    assert few.status == 422
    assert few.json()["detail"] == [
        {"loc": ["body", "strikes"], "msg": "butterfly needs 3 strikes, found 2", "type": "value_error"}
    ]


async def test_prices_in_any_case(world):
    world.bars.put(ETH, "1m", world.bars.closed[BTC, "1m"])
    async with serving(context(world, node(volatility=ETH))) as client:
        market, vix = (await client.get("/market/btcusdt")).json(), (await client.get("/vix")).json()
        quote = (await client.get("/api/market_data/BTCUSDT/quote")).json()
        health = (await client.get("/api/health/detailed")).json()

    assert (market["symbol"], market["price"], market["source"]) == ("BTCUSDT", world.price, "replay")
    assert (market["bid"], market["ask"], quote["last"], quote["bid"]) == (None, None, world.price, None)
    assert market["volatility"] > 0
    assert (vix["symbol"], vix["price"]) == ("VIX", world.price)
    assert (health["status"], health["ib_connected"], health["errors"]) == ("healthy", True, [])


@pytest.mark.parametrize("path", ["/api/market_data/btc-usdt/bars", "/market/BTCUSDT/bars"])
async def test_bars_in_the_hub_s_words_oldest_first(world, path):
    async with serving(context(world)) as client:
        bars = (await client.get(f"{path}?count=3&interval=1%20min")).json()["bars"]
        odd = await client.get(f"{path}?interval=7%20mins")

    last = world.bars.closed[BTC, "1m"][-1]
    assert len(bars) == 3
    assert [one["time"] for one in bars] == sorted(one["time"] for one in bars)
    assert (bars[-1]["close"], bars[-1]["volume"]) == (last.close / 100, last.volume / 100_000)
    assert (odd.status, odd.json()["code"]) == (422, "unsupported_interval")


async def test_what_the_market_does_not_have_is_said(world):
    async with serving(context(world)) as client:
        found = [
            await client.get(path)
            for path in (
                "/market/NOPE",
                "/market/ETHUSDT",
                "/vix",
                "/api/options/BTCUSDT/chain?expiry=20260101&right=C",
                "/option_chain/BTCUSDT",
            )
        ]

    assert [one.status for one in found] == [404, 503, 404, 503, 503]
    assert found[3].json()["detail"] == "no venue of this node has options"


async def test_orders_of_the_source_are_read_newest_first(world):
    intake, http = Intake(world.screener.screen, batch=1, quiet_s=1.0), HttpClient()
    polling = Polling(OrderSource(url="http://127.0.0.1:1"), http.get, intake, key=None, monotonic=lambda: 0.0)
    intake.offer(Candidate(order_id=one, symbol=symbol, strategy="Sonar") for one, symbol in ORDERS)
    running = asyncio.create_task(intake.run())
    async with serving(context(world, screened_orders=polling)) as client, asyncio.timeout(30.0):
        await polling.poll()
        while len(polling.verdicts(5)) < len(ORDERS):  # noqa: ASYNC110  # there is nothing to wait on
            await asyncio.sleep(0)
        told = (await client.get("/api/v1/screened-orders?limit=2")).json()
    running.cancel()
    await http.close()
    none = await asked(world, "GET", "/api/v1/screened-orders")

    assert [one["order_id"] for one in told["orders"]] == ["c", "b"]
    abstained, judged = told["orders"]
    assert (abstained["final_score"], abstained["recommendation"], abstained["sources"]) == (None, "SKIP", [])
    assert (judged["recommendation"], judged["sources"], len(judged["details"])) == ("EXECUTE", ["m-1"], 2)
    assert told["trouble"] == "ClientConnectorError"
    assert (none.status, none.json()["code"]) == (404, "not_found")


async def test_programs_are_told_that_it_runs_and_browsers_get_the_page(world):
    async with serving(context(world)) as client:
        told = await client.get("/", headers={"Accept": "*/*"})
        page = await client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert told.json()["status"] == "running"
    assert page.media_type == "text/html"


async def test_switched_off_there_is_nothing(world):
    config = NodeConfig(server=ServerSection(port=0))
    async with serving(context(world, config)) as client:
        bodies = {"/predict": flat(), "/predict/batch": {"requests": []}}
        bodies["/calculate_risk_reward"] = {"symbol": "A", "strategy": "Sonar", "strikes": [], "premium": 1}
        found = {}
        for name in PATHS:
            method, _, path = name.partition(" ")
            options = {"json": bodies[path]} if path in bodies else {}
            found[name] = (
                await client.ask(method, path.replace("{symbol}", "BTCUSDT").replace("{strategy}", "Sonar"), **options)
            ).status

    assert set(found.values()) == {404}
    assert len(found) == 13


class TestServices:
    def identity(self, environ=None):
        people = FakeIdentity()
        people.add("anna")
        services = {"predictor": ServiceSection(token_envs=("OLD", "NEW"))}
        return with_services(people, services, {"OLD": OLD, "NEW": NEW} if environ is None else environ)

    async def test_both_tokens_of_a_rotation_open_what_reads_and_predicts(self, world):
        async with serving(context(world, identity=self.identity())) as client:
            found = [
                await client.ask("POST", "/predict", json=flat(), headers={"Authorization": f"Bearer {token}"})
                for token in (OLD, NEW, "x" * 32, "anna")
            ]
            nobody = await client.ask("POST", "/predict", json=flat())

        assert [one.status for one in found] == [200, 200, 401, 200]
        assert (nobody.status, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")

    async def test_they_open_nothing_that_trades_administers_or_belongs_to_a_person(self, world):
        async with serving(context(world, identity=self.identity())) as client:
            refused = set()
            for name in ROUTES:
                method, _, path = name.partition(" ")
                if ROUTES[name] in {"trader", "admin", "person"}:
                    bare = re.sub(r"\{\w+\}", "none-such", path)
                    answered = await client.ask(method, bare, headers={"Authorization": f"Bearer {OLD}"})
                    refused.add(answered.status)
            keys = await client.ask("GET", "/api/v1/api-keys", headers={"Authorization": f"Bearer {OLD}"})

        assert (refused, keys.status) == ({403}, 403)

    def test_without_services_nothing_is_put_before(self):
        people = FakeIdentity()

        assert with_services(people, {}) is people
        assert isinstance(self.identity(), ServiceIdentity)

    @pytest.mark.parametrize(
        "environ", [{"OLD": OLD}, {"OLD": OLD, "NEW": "short"}, {"OLD": OLD, "NEW": OLD}, {"OLD": "é" * 40, "NEW": NEW}]
    )
    def test_a_token_that_is_missing_weak_or_doubled_stops_the_start(self, environ):
        with pytest.raises(ConfigError, match=r"services\.predictor\.token_envs: "):
            self.identity(environ)
