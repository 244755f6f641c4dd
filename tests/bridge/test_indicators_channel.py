"""Indicators over a real socket: canonical names, the same rows as REST, and refusals with their codes."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from actors.bridge.hub import Hub
from actors.bridge.indicator_relay import IndicatorRelay
from actors.bridge.socket import WebSocketView
from actors.indicators.running import BARS
from actors.market import BarRow, bar_type_of
from config.schema import IndicatorsSection, NodeConfig, ServerSection
from tests.bridge.fakes import BTC, FakeBars, bar_rows, indicators_of, make_context
from tests.bridge.rest_client import serving
from tests.bridge.socket_client import connected

MINUTE = 60_000_000_000
BAR_TYPE = bar_type_of(BTC, "1m")
SMA = f"indicators:{BTC}:1m:SMA(20)"


class World:
    """A served hub over windows and the real indicators."""

    def __init__(self, count=600, **section):
        self.bars = FakeBars()
        self.bars.put(BTC, "1m", bar_rows(count))
        self.config = NodeConfig(server=ServerSection(port=0), indicators=IndicatorsSection(**section))
        self.indicators = indicators_of(self.config, self.bars)
        self.context = make_context(self.config, bars=self.bars, indicators=self.indicators)
        self.hub = Hub(self.context)
        self.indicators.listener = IndicatorRelay(self.hub)
        self.view = WebSocketView(self.hub, self.context, closing_s=0.3)

    @property
    def rows(self):
        return self.bars.closed[BTC, "1m"]

    def close(self):
        """A bar closes."""
        last = self.rows[-1]
        self.rows.append(BarRow(last.ts_open + MINUTE, last.close, last.close + 90, last.close - 9, last.close + 50, 7))
        self.bars.growing.clear()
        self.indicators.closed(BAR_TYPE)

    def tick(self, price):
        """The open bar is another one."""
        ts = self.rows[-1].ts_open + MINUTE
        self.bars.growing[BTC, "1m"] = BarRow(ts, price, price, price, price, 1)

    def mean(self, end, length=20):
        closes = [row.close for row in self.rows[:end]][-length:]
        return pytest.approx(sum(closes) / length / 100)


@asynccontextmanager
async def served(count=600, **section):
    world = World(count, **section)
    async with serving(world.context, world.view.handle) as rest:
        yield world, rest
        await world.view.stop(in_ms=0)


@asynccontextmanager
async def listening(count=600, **section):
    async with served(count, **section) as (world, rest), connected(rest.port) as client:
        yield world, rest, client


async def test_a_snapshot_then_every_closed_bar_in_order():
    async with listening() as (world, _, client):
        ack = await client.ask("subscribe", ch=[SMA])
        snapshot = await client.until("snapshot")
        for _ in range(3):
            world.close()
        rows = [await client.until("indicator") for _ in range(3)]

    assert list(ack["position"]) == [SMA]
    assert len(snapshot["data"]) == 500
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert [row["data"]["t"] for row in rows] == [row.ts_open // 1_000_000 for row in world.rows[-3:]]
    assert [row["data"]["values"]["value"] for row in rows] == [world.mean(end) for end in (601, 602, 603)]
    assert all(row["data"]["closed"] for row in rows)


async def test_however_it_is_written_it_is_one_channel():
    async with listening() as (world, _, client):
        ack = await client.ask("subscribe", ch=[f"indicators:{BTC}:1m:sma( 20.0 )", SMA])
        snapshot = await client.until("snapshot")
        world.close()
        row = await client.until("indicator")
        await client.ask("unsubscribe", ch=[f"indicators:{BTC}:1m:Sma(2e1)"])
        lanes = world.hub.streams.find(SMA).lanes

    assert list(ack["position"]) == [SMA] == [snapshot["ch"]] == [row["ch"]]
    assert lanes == {}


async def test_two_subscribers_and_rest_cost_one_computation():
    async with listening(50) as (world, rest, anna), connected(rest.port) as bob:
        before = BARS._value.get()
        for client in (anna, bob):
            await client.ask("subscribe", ch=[SMA])
            await client.until("snapshot")
        world.close()
        for client in (anna, bob):
            await client.until("indicator")
        await rest.get(f"/api/v1/indicators?instrument_id={BTC}&name=sma(20)&start={world.rows[35].ts_open // 10**6}")

        assert BARS._value.get() - before == 51


async def test_the_open_bar_has_a_value_that_repeats_the_last_number():
    async with listening() as (world, _, client):
        world.tick(3_050_000)
        await client.ask("subscribe", ch=[SMA])
        await client.until("snapshot")
        grown = await client.until("indicator")
        world.rows.append(world.bars.growing[BTC, "1m"])
        world.bars.growing.clear()
        world.indicators.closed(BAR_TYPE)
        closed = await client.until("indicator")

    assert (grown["seq"], grown["data"]["closed"]) == (0, False)
    assert (closed["seq"], closed["data"]["closed"]) == (1, True)
    assert closed["data"]["values"]["value"] == pytest.approx(grown["data"]["values"]["value"])


async def test_who_comes_back_goes_on():
    async with listening() as (world, rest, client):
        await client.ask("subscribe", ch=[SMA])
        snapshot = await client.until("snapshot")
        await client.ws.close()
        for _ in range(4):
            world.close()
        async with connected(rest.port) as again:
            await again.ask("subscribe", ch=[SMA], since={SMA: [snapshot["epoch"], 0]})
            rows = [await again.until("indicator") for _ in range(4)]

    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert "snapshot" not in [one["type"] for one in again.received]


async def test_bars_that_are_mended_begin_a_new_epoch_with_the_right_values():
    async with listening() as (world, _, client):
        await client.ask("subscribe", ch=[SMA])
        before = await client.until("snapshot")
        row = world.rows[-5]
        world.rows[-5] = BarRow(row.ts_open, row.open, row.close + 4_000, row.low, row.close + 4_000, 1)
        world.indicators.mended(BAR_TYPE)
        after = await client.until("snapshot")

    assert after["epoch"] != before["epoch"]
    assert after["data"][-1]["values"]["value"] == world.mean(600)
    assert after["data"][-1] != before["data"][-1]


async def test_a_channel_goes_with_its_indicator():
    async with listening(idle_s=0.001) as (world, _, client):
        await client.ask("subscribe", ch=[SMA])
        await client.until("snapshot")
        world.indicators.sweep()
        assert world.hub.streams.find(SMA) is not None
        await client.ask("unsubscribe", ch=[SMA])
        await asyncio.sleep(0.002)
        world.indicators.sweep()

        assert world.hub.streams.find(SMA) is None
        assert (await client.ask("subscribe", ch=[SMA]))["type"] == "ack"
        assert len((await client.until("snapshot"))["data"]) == 500


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("indicators", "unknown_channel"),
        (f"indicators:{BTC}:1m", "unknown_channel"),
        (f"indicators:{BTC}:1m:SMA(20):x", "unknown_channel"),
        (f"indicators:{BTC}:1m:NOPE(20)", "unknown_channel"),
        (f"indicators:{BTC}:1m:SMA(0)", "validation"),
        (f"indicators:{BTC}:1m:SMA(1e9)", "validation"),
        (f"indicators:{BTC}:1m:SMA(-9223372036854775808)", "validation"),
        (f"indicators:{BTC}:1m:MACD(26,12,9)", "validation"),
        (f"indicators:{BTC}:1m:", "validation"),
        (f"indicators:{BTC}:7m:SMA(20)", "unsupported_interval"),
        ("indicators:NO-ONE.SIM:1m:SMA(20)", "unknown_instrument"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_code(channel, code):
    async with listening(30) as (world, _, client):
        answer = await client.ask("subscribe", ch=[SMA, channel])

    assert (answer["type"], answer["code"]) == ("error", code)
    assert client.ws.closed or not world.hub.streams


async def test_more_than_the_node_computes_is_refused():
    async with listening(30, max_running=3) as (_world, rest, client):
        names = [f"indicators:{BTC}:1m:SMA({length})" for length in range(2, 8)]
        kept = await client.ask("subscribe", ch=names[:3])
        refused = await client.ask("subscribe", ch=names[3:])
        answered = await rest.get(f"/api/v1/indicators?instrument_id={BTC}&name=EMA(9)")

    assert kept["type"] == "ack"
    assert (refused["code"], refused["retry"]) == ("no_capacity", True)
    assert (answered.status, answered.code, "Retry-After" in answered.headers) == (503, "no_capacity", True)


class TestRest:
    PATH = f"/api/v1/indicators?instrument_id={BTC}&interval=1m"

    async def test_the_items_are_those_of_the_bars(self):
        async with served(300) as (world, rest):
            start = world.rows[100].ts_open // 1_000_000
            for span in ("&limit=50", f"&start={start}&limit=20", f"&start={start}&end={start + 600_000}", "&end=1"):
                mine = (await rest.get(f"{self.PATH}&name=BB(20,2){span}")).json()
                bars = (await rest.get(f"/api/v1/bars?instrument_id={BTC}&interval=1m{span}")).json()
                assert [one["t"] for one in mine["items"]] == [one["t"] for one in bars["items"]]
                assert (mine["next"] is None, mine["holes"]) == (bars["next"] is None, bars["holes"])

        assert mine["name"] == "BB(20,2)"

    async def test_pages_follow_each_other(self):
        async with served(300) as (_, rest):
            whole = (await rest.get(f"{self.PATH}&name=ema(10)&limit=300")).json()["items"]
            page = (await rest.get(f"{self.PATH}&name=ema(10)&limit=70")).json()
            found = page["items"]
            while page["next"]:
                page = (await rest.get(f"{self.PATH}&name=EMA(10.0)&limit=70&cursor={page['next']}")).json()
                found = page["items"] + found

        assert [one["t"] for one in found] == [one["t"] for one in whole]
        assert [one["values"]["value"] for one in found[50:]] == [
            pytest.approx(one["values"]["value"]) for one in whole[50:]
        ]

    async def test_values_that_are_not_there_yet_are_null(self):
        async with served(30) as (world, rest):
            items = (await rest.get(f"{self.PATH}&name=SMA(20)")).json()["items"]

        assert [one["values"]["value"] is None for one in items] == [True] * 19 + [False] * 11
        assert items[-1]["values"]["value"] == world.mean(30)

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            (f"instrument_id={BTC}", 422, "validation"),
            (f"instrument_id={BTC}&name=NOPE", 404, "not_found"),
            (f"instrument_id={BTC}&name=SMA(0)", 422, "validation"),
            (f"instrument_id={BTC}&name=SMA({'9' * 90})", 422, "validation"),
            (f"instrument_id={BTC}&name=SMA({'9' * 200})", 422, "validation"),
            (f"instrument_id={BTC}&name=BB(20,nan)", 422, "validation"),
            (f"instrument_id={BTC}&name=SMA(20)%00", 422, "validation"),
            (f"instrument_id={BTC}&name=SMA(20)&interval=9m", 422, "unsupported_interval"),
            (f"instrument_id={BTC}&name=SMA(20)&limit=10001", 422, "validation"),
            (f"instrument_id={BTC}&name=SMA(20)&cursor=x", 422, "validation"),
            ("instrument_id=NO.SIM&name=SMA(20)", 404, "unknown_instrument"),
        ],
    )
    async def test_wrong_questions_are_refused(self, query, status, code):
        async with served(30) as (_, rest):
            answered = await rest.get(f"/api/v1/indicators?{query}")

        assert (answered.status, answered.code) == (status, code)

    async def test_the_catalogue_tells_every_indicator(self):
        async with served(30) as (_, rest):
            items = (await rest.get("/api/v1/indicators/catalogue")).json()["items"]
        found = {one["name"]: one for one in items}

        assert len(found) >= 37
        assert found["BB"]["pane"] == "price"
        assert found["BB"]["lines"] == ["upper", "middle", "lower"]
        assert found["SMA"]["parameters"][0]["maximum"] == 1_000
        assert found["MACD"]["outputs"] == ["value", "signal", "histogram"]
