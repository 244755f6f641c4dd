"""Indicators of a real node: the values of the engine for the bars that the node tells, live and from a plug-in."""

import asyncio
import json
import os

import aiohttp
import nautilus_trader.indicators as engine
import pytest
from nautilus_trader.model import Bar, BarType, Price, Quantity

from tests.guide_package import install
from tests.node_process import PATIENCE_S, NodeProcess

pytestmark = pytest.mark.slow

BTC = "BTC-USDT.SIM"
NAMES = ("EMA(20)", "RSI(14)", "MACD(12,26,9)", "CHOP(14)")
BAR_TYPE = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")


async def closed_rows(port, count):
    """Return, per name, the snapshot and `count` closed rows after it."""
    rows = {name: [] for name in NAMES}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/ws") as ws:
        channels = [f"indicators:{BTC}:1m:{name.lower()}" for name in NAMES]
        await ws.send_str(json.dumps({"op": "subscribe", "id": 1, "ch": channels}))
        async with asyncio.timeout(PATIENCE_S):
            async for message in ws:
                told = json.loads(message.data)
                if told["type"] in {"snapshot", "indicator"}:
                    items = told["data"] if told["type"] == "snapshot" else [told["data"]]
                    rows[told["ch"].rpartition(":")[2]] += [one for one in items if one["closed"]]
                if min(map(len, rows.values())) >= 500 + count:
                    return rows
    raise AssertionError("the connection ended")


def engine_bar(told):
    prices = (Price.from_str(told[name]) for name in "ohlc")
    ts = told["t"] * 1_000_000 + 60_000_000_000
    return Bar(BAR_TYPE, *prices, Quantity.from_str(told["v"]), ts, ts)


def test_values_are_those_of_the_engine_for_the_bars_told(tmp_path, monkeypatch):
    package = install(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]))
    with NodeProcess(tmp_path / "state", "sim.speed=200") as node:
        node.ready()
        rows = asyncio.run(closed_rows(node.port, 5))
        last = rows["EMA(20)"][-1]["t"]
        question = f"instrument_id={BTC}&interval=1m&end={last + 60_000}"
        bars = node.get(f"/api/v1/bars?{question}&limit=7000")["items"]
        macd = node.get(f"/api/v1/indicators?{question}&name=macd&limit=300")["items"]
        catalogue = {one["name"]: one["source"] for one in node.get("/api/v1/indicators/catalogue")["items"]}
        code, _ = node.stop()

    ema = engine.ExponentialMovingAverage(20)
    for bar in bars:
        ema.handle_bar(engine_bar(bar))
    assert rows["EMA(20)"][-1]["values"]["value"] == pytest.approx(ema.value, rel=1e-9)
    assert [one["t"] for one in rows["EMA(20)"]] == [one["t"] for one in bars[-len(rows["EMA(20)"]) :]]
    live = {one["t"]: one for one in rows["MACD(12,26,9)"]}
    assert all(one == live.get(one["t"], one) for one in macd)
    assert (catalogue["CHOP"], catalogue["MACD"]) == ("plugin", "engine")
    assert all(0.0 <= one["values"]["value"] <= 100.0 for one in rows["CHOP(14)"])
    assert code == 0, node.text()
