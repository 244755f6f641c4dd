"""A page written for another server, in front of a real node."""

import json

import aiohttp
import pytest

from tests.node_process import NodeProcess

pytestmark = pytest.mark.slow


async def test_a_foreign_page_hears_the_signals_of_a_real_node_without_asking(tmp_path):
    settings = ("sim.speed=300", "ws.default_dialect=trader.v1.pascal", "log.format=json")
    with NodeProcess(tmp_path, *settings) as node:
        node.ready()
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{node.url}/ws") as page:
            assert json.loads(await page.receive_str(timeout=30))["type"] == "Connected"
            await page.send_str('{"type":"Ping"}')
            heard = []
            while len(heard) < 6 or "Pong" not in {one["type"] for one in heard}:
                heard.append(json.loads(await page.receive_str(timeout=30)))

    signals = [one["data"] for one in heard if one["type"] == "AISignalReceived"]
    assert {one["symbol"] for one in signals} <= {"BTCUSDT", "ETHUSDT", "BTCUSDTSWAP"}
    assert all(0.0 <= one["confidence"] <= 1.0 and one["signal"] in {"long", "short", "neutral"} for one in signals)
    closes = [one["timestamp"] for one in signals if one["symbol"] == signals[0]["symbol"]]
    assert closes == sorted(closes)


@pytest.mark.parametrize(
    ("setting", "word"), [("ws.default_dialect=klingon", "trader.v1.pascal"), ("dialects.default_venue=NYSE", "SIM")]
)
def test_a_dialect_or_venue_that_does_not_exist_ends_the_start_in_one_line(tmp_path, setting, word):
    node = NodeProcess(tmp_path, setting).start()
    code = node.ended()

    assert code == 2
    assert word in node.text()
    assert "Traceback" not in node.text()
