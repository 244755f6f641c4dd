"""The bot core's REST paths on a real socket, read by clients that calculate with every number."""

import asyncio
import math
from decimal import Decimal

import pytest

from actors.bridge.access import ROUTES
from actors.bridge.dialects.botcore.ticket import TradeWish, amount, ticket_of
from actors.bridge.dialects.botcore.trades import drawdown, sharpe
from config.errors import InvalidInputError, StoreUnavailableError, TradingHaltedError
from config.schema import BotcoreSection, DialectsSection, NodeConfig, ServerSection
from tests.bridge.client_world import until
from tests.bridge.fakes import BTC, ETH, START_NS, FakeBars, bar_rows, make_context
from tests.bridge.rest_client import serving
from tests.bridge.trading_world import trading

BE = NodeConfig(server=ServerSection(port=0), dialects=DialectsSection(botcore=BotcoreSection(form="be")))
PATHS = sorted(name for name in ROUTES if name.partition(" ")[2].startswith("/api/") and "/api/v1/" not in name)


def wish(**fields):
    return {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 0.5} | fields


async def playing(world, user="local", price="30000.00"):
    """The venue: every order is executed at once."""
    filled = set()
    while True:
        for order in list(world.traders.accounts[user].orders.values()):
            if order.is_working and order.type == "market" and order.order_id not in filled:
                filled.add(order.order_id)
                world.traders.fill(user, order.client_order_id, f"{order.leaves_quantity:f}", price)
        await asyncio.sleep(0.002)


def numbers(node):
    """Every number of an answer."""
    if isinstance(node, dict):
        return [one for value in node.values() for one in numbers(value)]
    if isinstance(node, list):
        return [one for value in node for one in numbers(value)]
    return [node] if isinstance(node, int | float) and not isinstance(node, bool) else []


async def test_a_trade_is_executed_and_told_in_numbers():
    async with trading() as world:
        venue = asyncio.create_task(playing(world))
        answered = await world.ask("POST", "/api/trades/execute", wish(ai_signal_id="s-1", strategy="manual"))
        venue.cancel()

    body = answered.json()
    assert answered.status == 200
    assert (body["status"], body["executed_quantity"], body["executed_price"]) == ("FILLED", 0.5, 30_000.0)
    assert (body["commission"], body["commission_asset"], body["ai"]) == (15.0, "USDT", None)
    assert body["timestamp"].endswith("Z")


async def test_a_resting_order_is_answered_once_the_venue_has_it():
    async with trading() as world:
        asking = asyncio.create_task(
            world.ask(
                "POST",
                "/api/trades/execute",
                wish(type="LIMIT", price=29000.5, time_in_force="GTX", client_order_id="mine-1"),
            )
        )
        await until(lambda: world.relay._told._watches)
        assert not asking.done()
        world.traders.accept("local", "mine-1")
        body = (await asking).json()
        order = (await world.ask("GET", "/api/v1/orders/mine-1")).json()

    assert (body["status"], body["executed_quantity"], body["executed_price"]) == ("NEW", 0.0, 0.0)
    assert (order["price"], order["post_only"], order["time_in_force"]) == ("29000.5", True, "gtc")


async def test_the_same_again_with_an_id_is_the_same_trade():
    async with trading() as world:
        venue = asyncio.create_task(playing(world))
        both = [await world.ask("POST", "/api/trades/execute", wish(client_order_id="mine-1")) for _ in range(2)]
        other = await world.ask("POST", "/api/trades/execute", wish(client_order_id="mine-1", quantity=1))
        venue.cancel()

    assert both[0].json() == both[1].json()
    assert (other.status, other.json()["code"]) == (409, "idempotency_conflict")


async def test_account_status_history_and_stats_after_trading():
    async with trading() as world:
        venue = asyncio.create_task(playing(world))
        await world.ask("POST", "/api/trades/execute", wish())
        await world.ask("POST", "/api/trades/execute", wish(symbol="eth/usdt", quantity=2, side="SELL"))
        venue.cancel()
        account = (await world.ask("GET", "/api/account")).json()
        status = (await world.ask("GET", "/api/status")).json()
        history = (await world.ask("GET", "/api/trades/history?limit=1&page=2")).json()
        of_eth = (await world.ask("GET", "/api/trades/history?symbol=ETHUSDT")).json()
        beyond = (await world.ask("GET", "/api/trades/history?page=9")).json()
        stats = (await world.ask("GET", "/api/performance/stats")).json()

    assert account["balance"]["USDT"] == {"free": 99_925.0, "locked": 0.0, "total": 99_925.0}
    assert (account["positions_count"], account["can_trade"], account["total_pnl"]) == (2, True, -75.0)
    assert [one["side"] for one in account["positions"]] == ["BUY", "SELL"]
    assert (status["status"], status["active_positions"], status["total_trades"]) == ("running", 2, 2)
    assert [one["symbol"] for one in history["trades"]] == ["BTCUSDT"]
    assert (history["total"], history["page"], history["limit"]) == (2, 2, 1)
    assert (of_eth["total"], [one["side"] for one in of_eth["trades"]], beyond["trades"]) == (1, ["SELL"], [])
    assert (stats["total_trades"], stats["total_fees"], stats["profit_factor"]) == (2, 75.0, 0.0)


async def test_positions_are_closed_by_path_by_body_and_all():
    async with trading() as world:
        venue = asyncio.create_task(playing(world))
        for symbol in ("BTCUSDT", "ETHUSDT"):
            await world.ask("POST", "/api/trades/execute", wish(symbol=symbol))
        part = await world.ask("POST", "/api/positions/close", {"symbol": "BTCUSDT", "quantity": 0.2, "reason": "x"})
        path = await world.ask("POST", "/api/positions/BTC-USDT/close")
        rest = await world.ask("POST", "/api/positions/close-all")
        none = await world.ask("POST", "/api/positions/BTCUSDT/close")
        venue.cancel()
        left = (await world.ask("GET", "/api/positions")).json()

    assert part.json() == {"position_id": BTC, "symbol": "BTCUSDT", "closed_price": 30_000.0, "realized_pnl": 0.0}
    assert path.json() == {"message": "Position BTCUSDT closed", "exit_price": 30_000.0, "pnl": 0.0}
    assert (rest.json()["message"], [one["symbol"] for one in rest.json()["closed"]]) == (
        "1 positions closed",
        ["ETHUSDT"],
    )
    assert (none.status, none.json()["code"], left) == (409, "conflict", [])


async def test_positions_have_the_form_that_is_configured():
    async with trading() as bc, trading(config=BE) as be:
        for world in (bc, be):
            venue = asyncio.create_task(playing(world))
            await world.ask("POST", "/api/trades/execute", wish())
            venue.cancel()
        await be.submit("stop", type="stop_market", price=None, side="sell", trigger_price="29000.00")
        await be.submit("goal", side="sell", price="31000.00")
        short = (await bc.ask("GET", "/api/positions")).json()
        long = (await be.ask("GET", "/api/positions")).json()

    [one], [other] = short, long["positions"]
    assert (one["symbol"], one["side"], one["size"], one["entry_price"]) == ("BTCUSDT", "BUY", 0.5, 30_000.0)
    assert (other["side"], other["stop_loss"], other["take_profit"]) == ("LONG", 29_000.0, 31_000.0)
    assert (long["free_margin"], long["margin_level"]) == (99_985.0, 0.0)


async def test_the_bot_is_stopped_and_started():
    async with trading() as world:
        stopped = (await world.ask("POST", "/api/bot/stop")).json()
        refused = await world.ask("POST", "/api/trades/execute", wish())
        seen = (await world.ask("GET", "/api/status")).json()
        started = (await world.ask("POST", "/api/bot/start")).json()

    assert (stopped["success"], stopped["status"], seen["status"]) == (True, "stopped", "stopped")
    assert (refused.status, refused.json()["code"], refused.json()["success"]) == (409, "trading_halted", False)
    assert started["status"] == "running"


async def test_prices_and_charts_are_numbers():
    async with trading() as world:
        chart = (await world.ask("GET", "/api/market/chart/btcusdt/1M?limit=2")).json()
        minute = (await world.ask("GET", "/api/market/chart/BTC_USDT/1m?limit=2")).json()
        symbols = (await world.ask("GET", "/api/market/symbols")).json()
        prices = (await world.ask("GET", "/api/market/prices")).json()
        overview = (await world.ask("GET", "/api/market/overview")).json()
        health = (await world.ask("GET", "/api/health")).json()

    last = bar_rows(3)[-1]
    assert (chart["data"]["timeframe"], chart["data"]["candles"]) == ("1M", [])
    candles = minute["data"]["candles"]
    assert [one["timestamp"] for one in candles] == [START_NS // 10**6 + 60_000 * n for n in (1, 2)]
    assert (candles[-1]["close"], minute["data"]["latest_price"]) == (last.close / 100, last.close / 100)
    assert [one["symbol"] for one in symbols["data"]] == ["BTCUSDT", "ETHUSDT"]
    assert prices["data"] == {"BTCUSDT": last.close / 100}
    assert [one["symbol"] for one in overview["data"]] == ["BTCUSDT"]
    assert (health["status"], health["connected_services"]["trading"]) == ("healthy", True)


async def test_a_day_is_of_the_last_24_hours():
    bars = FakeBars()
    bars.put(BTC, "1h", bar_rows(30, first=START_NS - START_NS % 3_600_000_000_000, interval="1h"))
    bars.put(BTC, "1m", bar_rows(1))
    async with serving(make_context(bars=bars)) as client:
        [row] = (await client.get("/api/market/overview")).json()["data"]

    hours = bars.closed[BTC, "1h"][-24:]
    price = bars.closed[BTC, "1m"][-1].close / 100
    assert row["latest_price"] == price
    assert row["volume_24h"] == pytest.approx(sum(bar.volume for bar in hours) / 100_000)
    assert row["price_change_24h"] == pytest.approx(price - hours[0].open / 100)


async def test_every_number_of_an_empty_account_is_finite():
    async with trading() as world:
        paths = [
            path
            for method, _, path in (name.partition(" ") for name in PATHS)
            if method == "GET" and "{" not in path and not path.startswith(("/api/auth/", "/api/health/"))
        ]
        answers = [await world.ask("GET", path) for path in paths]

    assert {one.status for one in answers} == {200}
    assert all(math.isfinite(one) for answer in answers for one in numbers(answer.json()))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation"),
        (wish(side="HOLD"), 422, "validation"),
        (wish(type="ICEBERG"), 422, "validation"),
        (wish(time_in_force="GTD"), 422, "validation"),
        (wish(quantity=0), 422, "validation"),
        (wish(quantity=-1), 422, "validation"),
        (wish(quantity="NaN"), 422, "validation"),
        (wish(quantity="Infinity"), 422, "validation"),
        (wish(quantity="1e999999"), 422, "validation"),
        (wish(quantity="1e-999999"), 422, "validation"),
        (wish(quantity=[1]), 422, "validation"),
        (wish(quantity=1e-30), 422, "validation"),
        (wish(type="LIMIT"), 422, "validation"),
        (wish(client_order_id="a\nb"), 422, "validation"),
        (wish(symbol="NOPE"), 404, "unknown_instrument"),
        (wish(symbol="💥" * 99), 404, "unknown_instrument"),
        (wish(quantity=1_000), 422, "order_denied"),
        (b"{", 400, "bad_request"),
        (b"[1]", 422, "validation"),
        (b'{"quantity":NaN}', 400, "bad_request"),
    ],
)
async def test_an_odd_trade_gets_their_error_with_our_code(body, status, code):
    async with trading() as world:
        answered = await world.ask("POST", "/api/trades/execute", body)

    told = answered.json()
    assert (answered.status, told["code"], told["success"]) == (status, code, False)
    assert told["error"]
    assert told["request_id"] == answered.headers["X-Request-ID"]
    assert answered.media_type == "application/json"
    assert world.traders.accounts["local"].orders == {}


async def test_errors_of_the_gate_have_their_form_too():
    async with trading("anna", user_rate_limit_per_min=1) as world:
        await world.ask("GET", "/api/account", user="anna")
        limited = await world.ask("GET", "/api/account", user="anna")
        refused = await world.ask("GET", "/api/account", user="viewer")
        nobody = await world.ask("GET", "/api/account", user="carl")
        bad_token = await world.ask("GET", "/api/account", headers={"Authorization": "Bearer ?"})

    assert [(one.status, one.json()["code"]) for one in (limited, refused, nobody, bad_token)] == [
        (429, "rate_limited"),
        (403, "forbidden"),
        (404, "not_found"),
        (401, "unauthorized"),
    ]
    assert int(limited.headers["Retry-After"]) > 0
    assert bad_token.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_one_user_s_account_is_not_the_other_s():
    async with trading("anna", "bob") as world:
        venue = asyncio.create_task(playing(world, "anna"))
        await world.ask("POST", "/api/trades/execute", wish(), user="anna")
        venue.cancel()
        seen = {path: (await world.ask("GET", path, user="bob")).json() for path in ("/api/account", "/api/positions")}
        history = (await world.ask("GET", "/api/trades/history", user="bob")).json()
        closed = await world.ask("POST", "/api/positions/BTCUSDT/close", user="bob")
        await world.ask("POST", "/api/positions/close-all", user="bob")
        await world.ask("POST", "/api/bot/stop", user="bob")
        status = (await world.ask("GET", "/api/status", user="anna")).json()

    assert (seen["/api/account"]["positions"], seen["/api/positions"], history["trades"]) == ([], [], [])
    assert (closed.status, status["status"], status["active_positions"]) == (409, "running", 1)


@pytest.mark.parametrize("failure", [StoreUnavailableError("disk full", retry_after_s=5), TradingHaltedError("halted")])
async def test_what_cannot_be_done_now_is_told(failure):
    async with trading() as world:
        venue = asyncio.create_task(playing(world))
        await world.ask("POST", "/api/trades/execute", wish())
        venue.cancel()
        world.traders.failure = failure
        trade = await world.ask("POST", "/api/trades/execute", wish())
        rest = (await world.ask("POST", "/api/positions/close-all")).json()

    assert (trade.status, trade.json()["code"]) == (failure.status, failure.code)
    assert (rest["closed"], rest["failed"]) == ([], {"BTCUSDT": str(failure)})


def test_amounts_keep_their_digits():
    symbols = make_context().symbols
    wishes = [TradeWish(symbol="BTCUSDT", side="buy", quantity=value) for value in map(Decimal, ("0.10", "1E+3", "7"))]

    assert [ticket_of(one, symbols).quantity for one in wishes] == ["0.1", "1000", "7"]
    with pytest.raises(InvalidInputError):
        amount(Decimal("1E+999999"), "quantity")


def test_figures_of_a_curve_are_finite_numbers():
    assert (sharpe([]), sharpe([1.0]), sharpe([1.0, 1.0, 1.0]), drawdown([])) == (0.0, 0.0, 0.0, 0.0)
    assert sharpe([0.0, 0.0, 1.0]) == 0.0
    assert sharpe([100.0, 101.0, 103.0]) > 0.0
    assert drawdown([100.0, 50.0, 80.0, 120.0]) == 50.0


async def test_totals_grow_with_every_fill_and_begin_anew_with_other_books():
    async with trading() as world:
        totals = []
        for number in range(3):
            await world.submit(f"a-{number}", instrument_id=ETH if number else BTC)
            world.traders.fill("local", f"a-{number}", "0.10000")
            totals.append((await world.ask("GET", "/api/status")).json()["total_trades"])
        both = await asyncio.gather(*(world.ask("GET", "/api/status") for _ in range(2)))
        world.traders.accounts["local"].fills.clear()
        await world.submit("b-1")
        world.traders.fill("local", "b-1", "0.10000")
        anew = (await world.ask("GET", "/api/status")).json()["total_trades"]

    assert (totals, [one.json()["total_trades"] for one in both], anew) == ([1, 2, 3], [3, 3], 1)
