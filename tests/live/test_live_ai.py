"""A real node and an AI service that refuses, does well and is killed: people are told, nothing is restarted."""

import asyncio
import threading

import pytest
from aiohttp import web

from tests.ai_double import AiDouble, chat
from tests.node_process import NodeProcess

pytestmark = pytest.mark.slow
BTC = "BTC-USDT.SIM"
SAID = chat({"instrument_id": BTC, "signal": "long", "confidence": 0.9, "reasoning": "Seen before."})


class Elsewhere:
    """An AI service on a loop and thread of its own; begins with refusing, is killed in the end."""

    def __init__(self):
        self.double = AiDouble()
        self.double.answer = lambda _: web.Response(status=401)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.do(self.double.start())
        return self

    def __exit__(self, *_):
        self.do(self.double.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


def newest(node):
    return node.get(f"/api/v1/signals?instrument_id={BTC}&interval=1s&limit=1")["items"][0]


def counted(signal):
    """Return what the service said within a signal that it counts in; None: it does not."""
    source = signal["sources"][1]
    return source if source["state"] == "voted" and not signal["degraded"] else None


def ai_trouble(node):
    return [words for words in node.get("/health")["degraded"] if words.startswith("AI service llm is down")]


def test_a_service_that_fails_is_told_of_and_back_without_a_restart(tmp_path):
    with Elsewhere() as elsewhere:
        predictors = '[{name="technical"},{name="llm",weight=0.5,trusted=true}]'
        settings = (
            f'ai={{llm={{url="{elsewhere.double.url}",retry_s=0.2,fresh_s=1,stale_s=3}}}}',
            "sim.speed=5",
            f'signals=[{{instruments=["{BTC}"],interval="1s",predictors={predictors}}}]',
        )
        with NodeProcess(tmp_path, *settings) as node:
            node.ready()
            node.until(lambda: ai_trouble(node) and newest(node)["degraded"])
            assert newest(node)["sources"][0]["state"] == "voted"

            elsewhere.double.answer = lambda _: web.json_response(SAID)
            source = node.until(lambda: counted(newest(node)))
            node.until(lambda: not ai_trouble(node))
            assert source["score"] == 0.9
            assert source["age_s"] >= 1.0
            assert "Seen before." in source["reasons"][0]

            elsewhere.do(elsewhere.double.stop())
            node.until(lambda: newest(node)["sources"][1]["state"] == "abstained")
            assert newest(node)["sources"][0]["state"] == "voted"
