"""No silent hole: whatever stalls, breaks, comes back or jumps, a client's rebuilt state equals the truth.

What fails is shown as it was found: making it shorter takes minutes, in which nothing is said. `SHRINK=1` does it.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from actors.bridge.delivery import fanout, lane
from tests.bridge.fake_indicators import MIDDLES
from tests.bridge.hub_story import BARS, CHANNELS, CLIENTS, LONG, OWN, Story
from tests.bridge.tick_market import BOOK, DELTAS, QUOTES, TRADES

thorough = settings(
    max_examples=60,
    deadline=None,
    database=None,
    phases=list(Phase) if os.environ.get("SHRINK") else [Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

clients = st.integers(0, CLIENTS - 1)
names = st.sampled_from(
    [
        [BARS],
        [BARS, "signals"],
        [BARS, LONG, "status"],
        ["signals", OWN],
        [TRADES],
        [TRADES, DELTAS],
        [MIDDLES],
        [MIDDLES, BARS],
        [TRADES, BOOK, QUOTES, BARS],
        list(CHANNELS),
    ]
)
"""Few sets, so that clients share groups."""
paces = st.sampled_from([None, None, 2.0, 50.0])
market = st.one_of(
    st.tuples(st.just("tick"), st.integers(1_000, 9_000)),
    st.tuples(st.just("close"), st.integers(1, 3)),
    st.tuples(st.just("close_many"), st.integers(10, 40)),
    st.tuples(st.just("signal"), st.integers(1, 3)),
    st.tuples(st.just("signals_many"), st.integers(10, 40)),
)
ticks = st.one_of(
    st.tuples(st.just("trade"), st.integers(1, 3)),
    st.tuples(st.just("trade"), st.sampled_from([10, 20, 60])),
    st.tuples(st.just("quotes"), st.integers(1, 3)),
    st.tuples(st.just("step"), st.integers(1, 3), st.integers(0, 69)),
    st.tuples(st.just("step"), st.sampled_from([10, 20, 60]), st.integers(0, 69)),
)
time = st.one_of(
    st.tuples(st.just("turn"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.sampled_from([0.005, 0.02, 0.02, 0.3, 0.3, 1.1, 6.0])),
)
connections = st.one_of(
    st.tuples(st.just("stall"), clients),
    st.tuples(st.just("read"), clients, st.integers(1, 4_000)),
    st.tuples(st.just("recover"), clients),
    st.tuples(st.just("recover"), clients),
    st.tuples(st.just("drop"), clients),
    st.tuples(st.just("resume"), clients),
)
wishes = st.one_of(
    st.tuples(st.just("subscribe"), clients, names, paces),
    st.tuples(st.just("unsubscribe"), clients, names),
)
gaps = st.one_of(
    st.tuples(st.just("close_untold"), st.integers(1, 30)),
    st.tuples(st.just("rebuild")),
    st.tuples(st.just("down")),
    st.tuples(st.just("answer"), st.sampled_from([1, 10, 40])),
    st.tuples(st.just("answer"), st.sampled_from([1, 10, 40])),
    st.tuples(st.just("lose_step")),
    st.tuples(st.just("load")),
)
restarts = st.one_of(
    st.tuples(st.just("fault")),
    st.tuples(st.just("backfill"), st.integers(1, 5)),
    st.tuples(st.just("jump"), st.integers(0, 12)),
)
kinds = [market] * 6 + [ticks] * 6 + [time] * 8 + [connections] * 9 + [wishes] * 2 + [gaps] * 3 + [restarts]
"""New epochs are rare: a snapshot hides what was lost before it."""
actions = st.sampled_from(kinds).flatmap(lambda kind: kind)
beginnings = st.lists(st.tuples(names, paces), min_size=CLIENTS, max_size=CLIENTS)


@pytest.fixture(autouse=True, scope="module")
def narrow():
    """One row a turn, so that things happen in the middle of a fan-out."""
    before = fanout.TURN_BYTES, lane.ROW
    fanout.TURN_BYTES = 1
    yield
    fanout.TURN_BYTES, lane.ROW = before


@thorough
@example(
    row=1,
    beginning=[(["status"], None)] * CLIENTS,
    story=[
        ("load",),
        ("stall", 1),
        ("tick", 1_941),
        ("subscribe", 1, [BARS, LONG], None),
        ("close", 3),
        ("subscribe", 0, [BARS, LONG], None),
        ("resume", 0),
    ],
).via("an open bar that has closed before anybody had a snapshot")
@given(row=st.integers(1, 3), beginning=beginnings, story=st.lists(actions, min_size=40, max_size=120))
def test_what_a_client_rebuilt_is_the_truth(row, beginning, story):
    lane.ROW = row
    told = Story()
    for number, (wanted, max_hz) in enumerate(beginning):
        told.subscribe(number, wanted, max_hz)
    for action in story:
        told.tell(action)
    told.end()
