"""`/api/config/trading` on a real socket: the settings in the bot core's words, and what they do to its answers."""

import json
from contextlib import asynccontextmanager

from actors.ports.journal import AuditSpan
from actors.signal.features import NAMES
from actors.store.journal import SqliteJournal
from config.ai import AiService
from config.schema import BotcoreSection, DialectsSection, NodeConfig
from config.signals import SignalConfig
from node.settings import open_settings
from tests.bridge.fake_identity import FakeIdentity
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.candles import candles

PATH = "/api/config/trading"
CONFIG = NodeConfig(
    signals=(SignalConfig(), SignalConfig(interval="5m", long_above=0.7)),
    ai={"llm": AiService(url="http://127.0.0.1:1/v1", stale_s=400.0)},
)
QUESTION = {"symbol": "BTCUSDT", "timeframe": "1h", "candles": candles(120)}
AS_IN_THE_FILE = {
    "enabled": True,
    "use_ai_signals": True,
    "analysis_interval_s": 0.0,
    "long_threshold": 0.6,
    "short_threshold": 0.4,
    "confidence_threshold": 0.0,
    "trade_confidence": 0.65,
    "signal_timeout_s": 30.0,
    "cache_s": 300.0,
    "format": "detailed",
    "include_indicators": False,
    "version": 0,
}
PLAIN = {"signal", "confidence", "reasoning", "timestamp", "processing_time_ms", "metadata"}


@asynccontextmanager
async def world(folder):
    journal = SqliteJournal.open(folder / "journal.db", "whisperer")
    try:
        settings = open_settings(CONFIG, journal)
        async with serving(make_context(CONFIG, settings=settings)) as client:
            yield client, settings, journal
    finally:
        await journal.close()


async def test_a_client_reads_changes_one_thing_and_sends_all_of_it_back(tmp_path):
    async with world(tmp_path) as (client, settings, journal):
        told = (await client.get(PATH)).json()
        assert told == AS_IN_THE_FILE
        wanted = told | {"confidence_threshold": 0.55, "analysis_interval_s": 60, "cache_s": 600, "format": "simple"}
        answered = await client.ask("PUT", PATH, json=wanted)

        assert answered.status == 200
        assert answered.json() == (await client.get(PATH)).json() == wanted | {"version": 1}
        assert [one.confidence for one in settings.sections] == [0.55, 0.55]
        assert [one.long_above for one in settings.sections] == [0.6, 0.7], "what was not changed is as the file says"
        service = settings.services["llm"]
        assert (service.ask_every_s, service.fresh_s, service.stale_s) == (60.0, 600.0, 600.0)
        [entry] = (await journal.audit(AuditSpan(action="settings"))).rows
        assert (entry.actor, entry.action) == ("local", "settings.change")
        assert set(json.loads(entry.detail)["changes"]) == {
            "confidence",
            "analysis_interval_s",
            "cache_s",
            "detailed_answers",
        }
        ours = (await client.get("/api/v1/settings")).json()
        assert ours["answers"]["now"] == {"detailed": False, "indicators": False}
        assert ours["services"][0]["now"]["cache_s"] == 600.0


REFUSED = (
    ({}, 422, "validation"),
    ({"version": 0}, 422, "validation"),
    ({"long_threshold": 1.5}, 422, "validation"),
    ({"long_threshold": "0.5"}, 422, "validation"),
    ({"long_threshold": None}, 422, "validation"),
    ({"short_threshold": 0.65}, 422, "validation"),
    ({"signal_timeout_s": 0}, 422, "validation"),
    ({"cache_s": 0}, 422, "validation"),
    ({"cache_s": 1e6}, 422, "validation"),
    ({"format": "verbose"}, 422, "validation"),
    ({"max_positions": 5}, 422, "validation"),
    ({"version": 4, "enabled": False}, 409, "conflict"),
)


async def test_what_is_wrong_is_refused_in_their_form_and_changes_nothing(tmp_path):
    async with world(tmp_path) as (client, settings, _):
        for body, status, code in REFUSED:
            answered = await client.ask("PUT", PATH, json=body)
            told = answered.status, answered.code, answered.json()["success"]
            assert (body, *told) == (body, status, code, False)
        assert settings.state().version == 0


async def test_a_viewer_reads_and_an_admin_changes():
    people = FakeIdentity()
    tokens = people.add("vera", ["viewer"]), people.add("theo", ["viewer", "trader"]), people.add("ada", ["admin"])
    vera, theo, ada = ({"Authorization": f"Bearer {token}"} for token in tokens)
    async with serving(make_context(identity=people)) as client:
        read = await client.get(PATH, headers=vera)
        changed = [await client.ask("PUT", PATH, json={"enabled": False}, headers=one) for one in (vera, theo, ada)]
        nobody = await client.get(PATH)

    assert (read.status, nobody.status) == (200, 401)
    assert [one.status for one in changed] == [403, 403, 503], "an admin may, where settings can be kept"


async def test_answers_are_simple_or_detailed_and_tell_indicators_or_not(tmp_path):
    async with world(tmp_path) as (client, _, _):
        detailed = (await client.ask("POST", "/ai/analyze", json=QUESTION)).json()
        before = (await client.ask("POST", "/analyze", json=QUESTION)).json()
        await client.ask("PUT", PATH, json={"format": "simple", "include_indicators": True})
        simple = (await client.ask("POST", "/ai/analyze", json=QUESTION)).json()
        browser = (await client.ask("POST", "/api/ai/analyze", json=QUESTION)).json()["data"]
        after = (await client.ask("POST", "/analyze", json=QUESTION)).json()

    assert detailed.keys() > PLAIN | {"market_analysis", "risk_assessment"}
    assert "indicators" not in detailed.keys() | before.keys()
    assert simple.keys() == browser.keys() == PLAIN | {"indicators"}
    assert (simple["signal"], simple["confidence"]) == (detailed["signal"], detailed["confidence"])
    assert simple["indicators"].keys() == set(NAMES)
    assert after.keys() == before.keys() | {"indicators"}
    assert after["indicators"] == simple["indicators"]


async def test_the_file_sets_the_form_of_answers():
    section = DialectsSection(botcore=BotcoreSection(format="simple", indicators=True))
    async with serving(make_context(NodeConfig(dialects=section))) as client:
        simple = (await client.ask("POST", "/ai/analyze", json=QUESTION)).json()
        few = (await client.ask("POST", "/ai/analyze", json=QUESTION | {"candles": candles(1)})).json()
        refused = await client.ask("PUT", PATH, json={"format": "detailed"})

    assert simple.keys() == PLAIN | {"indicators"}
    assert few["indicators"] == {}
    assert (refused.status, refused.code) == (503, "degraded"), "a node without a journal keeps no settings"
