"""`/api/v1/replay` and the names of features over a real socket."""

import pytest

from actors.signal.features import NAMES, FeatureEngine
from config.errors import ConflictError
from tests.bridge.fakes import START_NS, FakeHost, FakeReplay, make_context
from tests.bridge.rest_client import serving

PATH = "/api/v1/replay"
MS = 1_000_000


async def answers(replay, *asked):
    """Ask for changes one after the other; return what came."""
    async with serving(make_context(replay=replay)) as client:
        return [await client.ask(method, PATH, json=body) for method, body in asked]


async def test_it_tells_where_the_market_is():
    async with serving(make_context()) as client:
        body = (await client.get(PATH)).json()

    assert body == {
        "replay": True,
        "state": "playing",
        "speed": 20.0,
        "position": START_NS // MS,
        "begin": START_NS // MS - 1,
        "end": START_NS // MS + 3_600_000,
        "at_end": "hold",
        "loops": 0,
    }


async def test_speed_and_pause_are_changed_together_or_alone():
    replay = FakeReplay()
    both, alone, again = await answers(
        replay,
        ("PATCH", {"speed": 0, "paused": True}),
        ("PATCH", {"paused": False}),
        ("PATCH", {"paused": False}),
    )

    assert [(one.json()["speed"], one.json()["state"]) for one in (both, alone, again)] == [
        (0.0, "paused"),
        (0.0, "playing"),
        (0.0, "playing"),
    ]


async def test_every_action_reaches_the_player():
    replay, to = FakeReplay(), START_NS // MS + 60_000
    asked = [
        {"action": "pause"},
        {"action": "step"},
        {"action": "step", "bars": 3, "interval": "5m", "instrument_id": "BTC-USDT.SIM"},
        {"action": "step", "events": 7},
        {"action": "jump", "to": to},
        {"action": "restart", "reset": True},
        {"action": "play"},
    ]
    found = await answers(replay, *(("POST", one) for one in asked))

    assert [one.status for one in found] == [200] * 7
    assert found[0].json()["state"] == "paused"
    assert found[4].json()["position"] == to
    assert replay.calls == [
        ("bars", 1, None, None),
        ("bars", 3, "5m", "BTC-USDT.SIM"),
        ("events", 7),
        ("jump", to * MS, False),
        ("restart", True),
    ]


@pytest.mark.parametrize(
    ("method", "body", "path"),
    [
        ("PATCH", {}, None),
        ("PATCH", {"speed": -1}, "$.speed"),
        ("PATCH", {"speed": 100_001}, "$.speed"),
        ("PATCH", {"speed": "20"}, "$.speed"),
        ("PATCH", {"paused": 1}, "$.paused"),
        ("PATCH", {"position": 1}, "$"),
        ("POST", {}, "$"),
        ("POST", {"action": "rewind"}, "$.action"),
        ("POST", {"action": "jump"}, "$.to"),
        ("POST", {"action": "jump", "to": -1}, "$.to"),
        ("POST", {"action": "jump", "to": 2**62}, "$.to"),
        ("POST", {"action": "jump", "to": 1.5}, "$.to"),
        ("POST", {"action": "jump", "to": 1, "bars": 2}, "$.bars"),
        ("POST", {"action": "pause", "reset": True}, "$.reset"),
        ("POST", {"action": "step", "bars": 0}, "$.bars"),
        ("POST", {"action": "step", "bars": 10_001}, "$.bars"),
        ("POST", {"action": "step", "bars": 1, "events": 1}, "$.bars"),
        ("POST", {"action": "step", "interval": "7m"}, "$.interval"),
    ],
)
async def test_odd_wishes_are_refused_and_change_nothing(method, body, path):
    replay = FakeReplay()
    [answer] = await answers(replay, (method, body))

    problem = answer.json()
    assert (answer.status, problem["code"]) == (422, "validation")
    assert [one["path"] for one in problem["errors"]] == ([] if path is None else [path])
    assert (replay.calls, replay.play_state, replay.speed) == ([], "playing", 20.0)


@pytest.mark.parametrize("body", [{"action": "jump", "to": 1}, {"action": "step"}, {"action": "restart"}])
async def test_what_cannot_be_done_now_is_a_conflict(body):
    replay = FakeReplay()
    replay.failure = ConflictError("a jump is under way", retry_after_s=1.0)
    [answer] = await answers(replay, ("POST", body))

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "conflict", "1")


async def test_a_page_of_another_site_cannot_control_it():
    replay = FakeReplay()
    async with serving(make_context(replay=replay)) as client:
        headers = {"Origin": "https://evil.example"}
        answer = await client.ask("POST", PATH, json={"action": "pause"}, headers=headers)

    assert (answer.status, answer.code, replay.play_state) == (403, "bad_origin", "playing")


async def test_features_have_a_name_for_each_place():
    async with serving(make_context()) as client:
        [schema] = (await client.get("/api/v1/signals/features")).json()["items"]

    vector = FeatureEngine().update((START_NS, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert (schema["feature_schema"], schema["names"], schema["warmup"]) == ("bars-v2", list(NAMES), 60)
    assert len(schema["names"]) == len(vector)


async def test_the_status_says_that_it_is_paused():
    host = FakeHost()
    host.is_paused = True
    async with serving(make_context(host=host)) as client:
        status = (await client.get("/api/v1/status")).json()

    assert status["paused"] is True
