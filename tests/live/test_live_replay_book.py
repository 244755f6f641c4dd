"""A recording of the simulated market on a real node: its book, quotes and trades are the market's own, jump or not."""

import json
import urllib.request
from decimal import Decimal

import msgspec
import pytest

from tests.node_process import NodeProcess
from tests.simulated import START, one
from tests.tape import Tape

pytestmark = pytest.mark.slow

ABC = "ABC.SIM"
MINUTE = 60_000
TOML = """
market = "replay"

[replay]
speed = 0.001
warmup_bars = 200

[replay.instruments."ABC.SIM"]
"""


@pytest.fixture
def node(tmp_path):
    tape = Tape(one(seed=3), bars=300)
    tape.record(10)
    tape.write(tmp_path)
    spec = msgspec.to_builtins(tape.spec())
    files = spec.pop("files")
    lines = [f"{key} = {json.dumps(value)}" for key, value in spec.items() if isinstance(value, str | int)]
    for file in files:
        lines.append('[[replay.instruments."ABC.SIM".files]]')
        columns = ", ".join(f"{key} = {json.dumps(value)}" for key, value in file.pop("columns").items() if value)
        lines += [f"{key} = {json.dumps(value)}" for key, value in file.items()] + [f"columns = {{ {columns} }}"]
    config = tmp_path / "recorded.toml"
    config.write_text(TOML + "\n".join(lines) + "\n")
    with NodeProcess(tmp_path / "state", config=config) as node:
        node.ready()
        act(node, action="pause")
        yield node
        code, _ = node.stop()
        assert code == 0, node.text()
        assert not [e for e in node.events() if e["level"] in {"error", "critical"}], node.text()


def act(node, **body):
    request = urllib.request.Request(
        f"{node.url}/api/v1/replay", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def levels(side):
    return [(int(Decimal(price) * 100), int(Decimal(size) * 1_000)) for price, size in side]


def test_the_book_of_a_recording_is_the_markets_own_after_steps_and_jumps(node):
    begin = node.get("/api/v1/replay")["begin"]
    stands = act(node, action="step", bars=2)["position"]
    for to in (stands, begin + 5 * MINUTE + 1_234, begin + 7_777, begin + 5 * MINUTE + 1_234):
        if to != stands:
            stands = act(node, action="jump", to=to)["position"]
        market = one(seed=3, position=stands * 1_000_000)
        expected = market.book(ABC)
        book = node.get(f"/api/v1/book?instrument_id={ABC}")
        quotes = node.get(f"/api/v1/quotes?instrument_id={ABC}")["items"]
        assert levels(book["bids"]) == list(expected.bids[: len(book["bids"])])
        assert levels(book["asks"]) == list(expected.asks[: len(book["asks"])])
        assert len(book["bids"]) >= 10
        assert quotes[-1]["ts_ns"] == str(market.quote(ABC).ts)
    assert begin > START // 1_000_000
