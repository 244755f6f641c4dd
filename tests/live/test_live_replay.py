"""A recording that is paused, stepped, sped up and put to another time, on a real node."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import aiohttp
import pytest

from tests.contract_check import hear
from tests.node_process import ROOT, NodeProcess

pytestmark = pytest.mark.slow

CONFIG = ROOT / "config" / "replay.toml"
NAME = "BTC-USDT.REPLAY"
BARS = f"/api/v1/bars?instrument_id={NAME}&interval=1m&limit=1000"
SIGNALS = f"/api/v1/signals?instrument_id={NAME}&limit=1000&include_features=true"
MINUTE = 60_000


def ask(node, method, body):
    """Return status and JSON of a change of the replay."""
    request = urllib.request.Request(
        f"{node.url}/api/v1/replay",
        data=json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def act(node, action, **more):
    """Do something and return what the replay is then; a long step may outlast its answer."""
    status, body = ask(node, "POST", {"action": action, **more})
    assert status == 200, body
    return body if body["state"] != "stepping" else node.until(lambda: has_stepped(node))


def has_stepped(node):
    """Return what the replay is once no step is under way."""
    state = node.get("/api/v1/replay")
    return None if state["state"] == "stepping" else state


def said(signals):
    """Return what of signals must not depend on how the market was played, by bar, those that were played alone."""
    left_out = {"trace_id", "backfilled"}
    return {s["ts_bar"]: {k: v for k, v in s.items() if k not in left_out} for s in signals}


@pytest.fixture
def paused(tmp_path):
    """A node that stands at the begin of the sample."""
    with NodeProcess(tmp_path, "replay.speed=0.001", "log.level=info", config=CONFIG) as node:
        node.ready()
        act(node, "pause")
        yield node
        code, _ = node.stop()
        assert code == 0, node.text()
        assert not [e for e in node.events() if e["level"] in {"error", "critical"}], node.text()


def test_a_step_closes_exactly_the_bars_asked_for_with_their_signals(paused):
    before = paused.get(BARS)["items"][-1]["t"]
    state = act(paused, "step", bars=3)
    bars = paused.get(BARS)["items"]
    paused.until(lambda: paused.get(SIGNALS)["items"][0]["ts_bar"] == bars[-1]["t"])
    signals = paused.get(SIGNALS)["items"]

    assert (state["state"], state["position"]) == ("paused", bars[-1]["t"] + MINUTE)
    assert [bar["t"] for bar in bars[-3:]] == [before + n * MINUTE for n in (1, 2, 3)]
    assert [(s["ts_bar"], s["backfilled"], s["stale"]) for s in signals[2::-1]] == [
        (bar["t"], False, False) for bar in bars[-3:]
    ]
    assert len(signals[0]["features"]) == len(paused.get("/api/v1/signals/features")["items"][0]["names"])
    assert act(paused, "step", bars=1, interval="1h")["position"] % (60 * MINUTE) == 0
    assert act(paused, "step", events=2)["state"] == "paused"


def test_after_a_jump_everything_is_as_if_the_market_had_been_played_there(paused):
    begin = act(paused, "step", bars=1_000)
    played_bars, played = paused.get(BARS)["items"], said(paused.get(SIGNALS)["items"])
    stands = begin["position"]
    back = act(paused, "jump", to=stands - 100 * MINUTE)
    assert (back["position"], back["state"]) == (stands - 100 * MINUTE, "paused")
    assert paused.get(BARS)["items"][-1]["t"] == stands - 102 * MINUTE  # the next is played at once
    assert paused.get("/api/v1/status")["market_time"] == stands - 100 * MINUTE
    act(paused, "step", bars=101)
    assert paused.get(BARS)["items"][-500:] == played_bars[-500:]
    again = said(paused.get(SIGNALS)["items"])
    assert len(again.keys() & played.keys()) > 500
    assert all(again[ts] == played[ts] for ts in again.keys() & played.keys())

    forward = act(paused, "jump", to=stands + 1_000 * MINUTE)
    assert paused.get(BARS)["items"][-1]["t"] == stands + 998 * MINUTE
    assert paused.get(BARS)["holes"] == []
    assert (
        act(paused, "restart")["position"] == act(paused, "jump", to=forward["begin"])["position"] == forward["begin"]
    )


def test_a_jump_lands_ready_while_playing_at_any_speed(tmp_path):
    with NodeProcess(tmp_path, "replay.speed=1000", config=CONFIG) as node:
        node.ready()
        begin = node.get("/api/v1/replay")["begin"]
        for number in range(6):
            to = begin + (number * 7 % 5) * 300 * MINUTE
            state = act(node, "jump", to=to)
            assert to <= state["position"] < to + 300 * MINUTE
            assert node.get("/ready")["status"] == "ready"
            assert node.get(BARS)["items"][-1]["t"] >= to - 2 * MINUTE
        health = node.get("/health")
        node.stop()

    assert health["status"] == "ok", health
    assert not [e for e in node.events() if e["level"] in {"error", "critical"}]


def test_times_that_cannot_be_played_from_are_refused(paused):
    state = paused.get("/api/v1/replay")
    for to in (state["begin"] - 1, state["end"] + 1, 0):
        status, problem = ask(paused, "POST", {"action": "jump", "to": to})
        assert (status, problem["code"], problem["errors"][0]["path"]) == (422, "validation", "$.to")
    assert paused.get("/api/v1/replay") == state

    act(paused, "jump", to=state["end"])
    act(paused, "play")
    paused.until(lambda: paused.get("/api/v1/replay")["state"] == "ended")
    assert ask(paused, "POST", {"action": "step"})[1]["code"] == "conflict"
    assert act(paused, "jump", to=state["begin"])["state"] == "playing"


def test_only_one_jump_at_a_time(paused):
    begin = paused.get("/api/v1/replay")["begin"]
    with ExitStack() as stack:
        askers = [stack.enter_context(closing(HTTPConnection("127.0.0.1", paused.port, timeout=60))) for _ in range(4)]
        paused.freeze()  # all four wait for it when it goes on
        for number, asker in enumerate(askers):
            body = json.dumps({"action": "jump", "to": begin + number * MINUTE})
            asker.request("POST", "/api/v1/replay", body, {"Content-Type": "application/json"})
        paused.thaw()
        answers = [(answer.status, json.load(answer)) for answer in (asker.getresponse() for asker in askers)]

    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    assert {body["code"] for status, body in answers if status == 409} == {"conflict"}


def test_everybody_hears_a_change_at_once(paused):
    async def heard():
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{paused.url}/ws") as socket:
            hello = await hear(socket)
            await socket.send_json({"op": "subscribe", "id": 1, "ch": ["status", f"bars:{NAME}:1m"]})
            epochs = {}
            while len(epochs) < 2:
                message = await hear(socket)
                if message["type"] == "snapshot":
                    epochs[message["ch"]] = message["epoch"]
            url = f"{paused.url}/api/v1/replay"
            async with session.patch(url, json={"speed": 0.5, "paused": False}) as answer:
                changed = await answer.json()
            while (message := await hear(socket))["type"] != "status" or message["data"]["paused"]:
                pass
            to = changed["begin"] + 60 * MINUTE + MINUTE // 2  # nothing closes just then
            async with session.post(url, json={"action": "jump", "to": to}) as answer:
                assert answer.status == 200
            new = {}
            while len(new) < 2:
                snapshot = await hear(socket)
                if snapshot["type"] == "snapshot" and snapshot["epoch"] != epochs[snapshot["ch"]]:
                    new[snapshot["ch"]] = snapshot
            return hello, changed, message, new

    hello, changed, status, new = asyncio.run(heard())
    assert hello["paused"] is True
    assert (changed["speed"], changed["state"]) == (0.5, "playing")
    assert (status["data"]["speed"], status["data"]["paused"]) == (0.5, False)
    assert new[f"bars:{NAME}:1m"]["data"][-1]["t"] == changed["begin"] // MINUTE * MINUTE + 59 * MINUTE


def test_a_pause_is_no_silence(tmp_path):
    with NodeProcess(tmp_path, "replay.speed=600", "node.stale_after_s=1.0", config=CONFIG) as node:
        node.ready()
        state = act(node, "pause")
        time.sleep(1.5)  # longer than the silence that would be stale
        status = node.get("/api/v1/status")
        assert (status["feed"], status["paused"], status["ready"], status["degraded"]) == ("live", True, True, [])
        assert node.get("/api/v1/replay")["position"] == state["position"]
        assert act(node, "play")["state"] == "playing"
        node.until(lambda: node.get("/api/v1/status")["market_time"] > status["market_time"])
        assert not node.get(SIGNALS)["items"][0]["stale"]
        node.stop()


def test_a_simulated_market_can_be_paused_sped_up_and_stepped_and_never_jumps(tmp_path):
    with NodeProcess(tmp_path, "sim.start=2026-01-01T00:00:00Z") as node:
        node.ready()
        state = act(node, "pause")
        assert (state["replay"], state["begin"], state["end"]) == (False, None, None)
        stepped = act(node, "step", bars=2)
        closed = node.get("/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1m&limit=2")["items"]
        assert stepped["position"] == closed[-1]["t"] + MINUTE
        assert ask(node, "POST", {"action": "jump", "to": state["position"]})[1]["code"] == "conflict"
        assert ask(node, "PATCH", {"speed": 0})[1]["code"] == "validation"
        assert ask(node, "PATCH", {"speed": 600, "paused": False})[0] == 200
        node.until(lambda: node.get("/api/v1/replay")["position"] > stepped["position"] + 5 * MINUTE)
        code, _ = node.stop()
    assert code == 0


def test_metrics_tell_of_pauses_and_jumps(paused):
    act(paused, "restart")
    with urllib.request.urlopen(f"{paused.url}/metrics", timeout=30) as answer:
        text = answer.read().decode()

    assert 'whisperer_replay_moves_total{move="restart"} 1.0' in text
    assert "whisperer_replay_paused 1.0" in text


def test_a_jump_into_a_hole_lands_there_and_is_ready(tmp_path):
    first, hole, gone = 1_767_225_600_000, 20 * MINUTE, 600 * MINUTE
    stamps = [first + n * 1_000 for n in range(hole // 1_000)]
    stamps += [first + hole + gone + n * 1_000 for n in range(300)]
    rows = [f"{ts},{100 + n % 7},1" for n, ts in enumerate(stamps)]
    (tmp_path / "trades.csv").write_text("\n".join(["timestamp,price,size", *rows]) + "\n")
    config = tmp_path / "hole.toml"
    config.write_text(
        'market = "replay"\n[replay]\nwarmup_bars = 10\n[replay.instruments."A.R"]\nfile = "trades.csv"\n'
        'data = "trades"\nunit = "ms"\nbase = "ABC"\nprice_precision = 0\nsize_precision = 0\n'
        'maker_fee = "0"\ntaker_fee = "0"\n'
    )
    with NodeProcess(tmp_path / "state", config=config) as node:
        node.ready()
        to = first + hole + 100 * MINUTE
        state = act(node, "jump", to=to)
        assert (state["state"], node.get("/ready")["status"]) == ("playing", "ready")
        assert to <= state["position"] < to + MINUTE
        bars = node.get("/api/v1/bars?instrument_id=A.R&interval=1m&limit=1000")["items"]
        assert (len(bars), bars[-1]["t"]) == (20, first + hole - MINUTE)
        stepped = act(node, "step", bars=1)
        assert stepped["position"] == first + hole + gone + MINUTE
        bars = node.get("/api/v1/bars?instrument_id=A.R&interval=1m&limit=1000")
        assert (len(bars["items"]), len(bars["holes"])) == (21, 1)
        code, _ = node.stop()
    assert code == 0, node.text()


def test_a_recording_that_begins_again_counts_it(tmp_path):
    with NodeProcess(tmp_path, "replay.speed=0", "replay.at_end=loop", config=CONFIG) as node:
        node.ready()
        node.until(lambda: node.get("/api/v1/replay")["loops"] >= 2)
        act(node, "pause")
        node.until(lambda: ask(node, "POST", {"action": "restart"})[0] == 200)  # not while it begins again by itself
        state = node.get("/api/v1/replay")
        assert (state["position"], state["state"]) == (state["begin"], "paused")
        code, _ = node.stop()
    assert code == 0, node.text()
