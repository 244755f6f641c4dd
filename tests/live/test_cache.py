"""Real nodes and a real Redis: shared history, and a Redis that comes and goes while they run."""

import time
import urllib.request

import pytest

from tests.node_process import PATIENCE_S, NodeProcess
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow
SETTINGS = (
    "cache.redis_url_env=TEST_REDIS_URL",
    "cache.redis_timeout_ms=1000",  # a busy machine is not a lost Redis, as a rule
    "sim.start=2026-01-01T00:00:00Z",
    "log.format=json",
)
MADE = 'whisperer_cache_misses_total{kind="historical"}'
SHARED = 'whisperer_cache_hits_total{kind="historical",tier="shared"}'
LATE = 'whisperer_cache_redis_failures_total{reason="timeout"}'
DAY_MS = 86_400_000


def old_bars(node, days):
    """Ask for bars of some days before the market began: far before the window."""
    end = 1_767_225_600_000 - days * DAY_MS
    return node.get(f"/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1m&end={end}&limit=500")["items"]


def figure(node, name):
    """Return a figure of `/metrics`, 0.0 when it has none yet."""
    with urllib.request.urlopen(f"{node.url}/metrics", timeout=PATIENCE_S) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name):
                return float(line.rpartition(" ")[2])
    return 0.0


def until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_degraded(node):
    health = node.get("/health")
    words = [one for one in health["degraded"] if one.startswith("cache: Redis")]
    assert bool(words) is (health["cache"]["trouble"] is not None)
    return bool(words)


def shares(server, anna, bob, days):
    """Have both ask for the same bars; return whether Redis answered each of them in time, and so proves something."""

    def late():
        return figure(anna, LATE) + figure(bob, LATE)

    until(lambda: not is_degraded(anna) and not is_degraded(bob))
    before, was_late, kept = figure(anna, MADE), late(), server.keys()
    bars = old_bars(anna, days)
    blocks = figure(anna, MADE) - before
    assert blocks >= 1.0
    until(lambda: server.keys() == kept + blocks or late() > was_late)  # written in the background, one by one
    made, shared = figure(bob, MADE), figure(bob, SHARED)
    assert old_bars(bob, days) == bars
    if late() > was_late:
        return False
    assert figure(bob, MADE) == made, "bob asked his source for what is shared"
    assert figure(bob, SHARED) == shared + blocks
    assert server.keys() == kept + blocks, "none was unreadable"
    return True


def test_two_nodes_share_history_and_live_through_a_redis_that_comes_and_goes(tmp_path, monkeypatch):
    server = RedisServer(tmp_path)
    monkeypatch.setenv("TEST_REDIS_URL", server.url)
    with NodeProcess(tmp_path / "anna", *SETTINGS) as anna, NodeProcess(tmp_path / "bob", *SETTINGS) as bob:
        for node in (anna, bob):
            node.ready()
            assert is_degraded(node), "Redis is not there yet, and that keeps nobody from starting"
        assert len(old_bars(anna, 9)) == 500

        with server:
            assert any(shares(server, anna, bob, days) for days in (10, 19, 22, 25)), "Redis was never in time"

            server.freeze()
            assert len(old_bars(anna, 13)) == 500
            server.thaw()
            server.kill()
            until(lambda: is_degraded(anna))
            assert len(old_bars(anna, 16)) == 500
            server.start()
            until(lambda: not is_degraded(anna))

        _, seconds = anna.stop()
        assert seconds < max(3.0, anna.start_s), "or as slow as the machine is"
    lines = [line["event"] for line in anna.events() if line["event"].startswith("cache_redis")]
    assert lines[:2] == ["cache_redis_lost", "cache_redis_connected"]
    assert server.url not in "".join(anna.lines)


@pytest.mark.parametrize("value", [None, "http://somewhere:80"])
def test_an_address_that_is_missing_or_wrong_ends_the_start_in_one_line(tmp_path, monkeypatch, value):
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    if value is not None:
        monkeypatch.setenv("TEST_REDIS_URL", value)
    node = NodeProcess(tmp_path, *SETTINGS).start()
    code = node.ended()

    assert code == 2
    assert "cache.redis_url_env" in node.text()
    assert "somewhere" not in node.text()
