"""A running node takes orders from somebody's server, judges them with the promoted model, and writes them down."""

import asyncio
import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import pytest

from actors.signal.models.registry import ModelRegistry
from config.training import OrderTrainingSection
from node.training.kept_orders import read_kept
from tests.node_process import PATIENCE_S, NodeProcess, free_port
from tests.unit.order_models import promote

pytestmark = pytest.mark.slow

ORDERS = [
    {"no": "cheap", "symbol": "BTCUSDT", "strategy": "Sonar", "price": {"mid": 1.0}},
    {"no": "dear", "symbol": "BTCUSDT", "strategy": "Sonar", "price": {"mid": 50_000.0}},
    {"no": "odd", "symbol": "NOPE", "strategy": "Sonar", "price": {"mid": 1.0}},
]


class Desk(BaseHTTPRequestHandler):
    """Has the same orders each time, until it fails."""

    status = 200

    def do_GET(self):
        body = json.dumps({"data": {"orders": ORDERS}}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def desk():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/orders"
    server.shutdown()
    thread.join()
    server.server_close()


def predicted(node):
    body = {"requests": [{"strategy": "Vertical", "symbol": "ETHUSDT", "premium": 0.1, "predicted_price": 3_000}]}
    return posted(node, "/predict/batch", body)["predictions"]


def posted(node, path, body):
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{node.url}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=60.0) as answer:
        return json.load(answer)


async def pushed(port):
    """Return two prices as the data hub's own port pushes them: the present one, and a later one with a quote."""
    async with (
        asyncio.timeout(PATIENCE_S),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
        http.ws_connect("/ws/market_data") as ws,
    ):
        await ws.send_json({"action": "subscribe", "symbol": "BTCUSDT", "type": "price"})
        told = [await ws.receive_json(), await ws.receive_json()]
        while told[-1]["bid"] is None:  # on a busy machine a bar grows before the first quote has come
            told[-1] = await ws.receive_json()
        return told


def test_orders_of_a_source_are_judged_once_and_its_trouble_is_told(tmp_path, desk, monkeypatch):
    promote(ModelRegistry(tmp_path / "models"), "m-1")
    fields = 'fields={id="no",premium="price.mid"}'
    source = f'screening.source={{url="{desk}",interval_s=0.1,orders="data.orders",{fields}}}'
    hub = f"dialects.magic8_listeners.hub_port={(port := free_port())}"
    with NodeProcess(tmp_path, "dialects.magic8=true", hub, "screening.quiet_s=0.1", source) as node:
        node.ready()
        prices = asyncio.run(pushed(port))
        node.until(lambda: len(node.get("/api/v1/screened-orders")["orders"]) >= len(ORDERS))
        judged = {one["order_id"]: one["recommendation"] for one in node.get("/api/v1/screened-orders")["orders"]}
        [flat] = predicted(node)
        outcomes = [
            posted(node, f"/api/v1/screened-orders/{key}/outcome", {"profit": 5.0})
            for key in ("cheap", "odd", flat["prediction_id"])
        ]
        accuracy = node.get("/api/v1/screened-orders/accuracy")["items"]
        with urllib.request.urlopen(f"{node.url}/metrics", timeout=60.0) as answer:
            metrics = answer.read().decode()
        history = node.get("/confidence/history/BTCUSDT/Sonar")
        monkeypatch.setattr(Desk, "status", 500)
        node.until(lambda: "order source: HTTP 500; no new orders are judged" in node.get("/health")["degraded"])
        assert node.stop()[0] == 0

    assert [one["correct"] for one in outcomes] == [True, None, True]
    assert [(one["strategy"], one["symbol"], one["count"], one["open"]) for one in accuracy] == [
        ("Sonar", None, 1, 1),
        ("Sonar", "BTCUSDT", 1, 1),
        ("Sonar", "NOPE", 0, 0),
        ("Vertical", None, 1, 0),
        ("Vertical", "ETHUSDT", 1, 0),
    ]
    assert 'prediction_accuracy{strategy="Sonar"} 1.0' in metrics
    assert 'predictions_total{strategy="Sonar",symbol="BTC-USDT.SIM"} 2.0' in metrics
    assert [one.won for one in read_kept(tmp_path / "analytics.db", OrderTrainingSection()).orders] == [True, True]
    lines = [json.loads(line) for line in (tmp_path / "log" / "predictions.jsonl").read_text().splitlines()]
    assert judged == {"cheap": "EXECUTE", "dear": "SKIP", "odd": "SKIP"}
    assert [(one["symbol"], one["source"], one["price"] > 0, one["bid"] is not None) for one in prices[1:]] == [
        ("BTCUSDT", "mock", True, True)
    ]
    assert prices[0] != prices[1]
    assert [one["recommendation"] for one in history["history"]] == ["EXECUTE", "SKIP"]
    assert (flat["prediction"], flat["data_source"], flat["abstained"]) == ("WIN", "mock", False)
    assert sorted(line["order_id"] for line in lines) == ["", "cheap", "dear", "odd"]
    assert {line["order_id"]: line["approved"] for line in lines}["cheap"] is True
