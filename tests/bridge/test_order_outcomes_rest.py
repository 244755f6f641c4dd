"""What became of judged orders over REST: who may tell it, what is listed, how good the predictions were."""

import pytest

from actors.auth.services import with_services
from actors.screening.screener import Screener
from config.screening import ServiceSection
from tests.bridge.fake_identity import VIEWER, FakeIdentity
from tests.bridge.fakes import make_context, quiet_ticks
from tests.bridge.rest_client import serving
from tests.bridge.test_magic8 import flat, node
from tests.unit.test_order_outcomes import Desk

TOKEN = "s" * 32
OF = "/api/v1/screened-orders"


class Callers:
    """A served desk: two traders, a viewer, a program and keys of theirs."""

    def __init__(self, desk, people):
        self.desk, world = desk, desk.world
        world.screener = Screener(
            world.section, world.prices, world.registry, now_ns=lambda: world.now_ns, record=desk.outcomes.record
        )
        services = {"predictor": ServiceSection(token_envs=("TOKEN",))}
        self.context = make_context(
            node(),
            bars=world.bars,
            screening=world.screener,
            ticks=quiet_ticks(world.bars, wait_s=0.01),
            order_outcomes=desk.outcomes,
            identity=with_services(people, services, {"TOKEN": TOKEN}),
        )


@pytest.fixture
async def client(tmp_path):
    desk, people = Desk(tmp_path), FakeIdentity()
    people.add("anna")
    people.add("bob")
    people.add("vera", VIEWER)
    people.add("root", frozenset({"viewer", "trader", "admin"}))
    people.add_key("anna", ["read"])
    desk.store.start()
    callers = Callers(desk, people)
    async with serving(callers.context) as made:

        async def ask(token, method, path, json=None):
            headers = {"Authorization": f"Bearer {token}"}
            return await made.ask(method, path, headers=headers, **({} if json is None else {"json": json}))

        ask.desk, ask.key = desk, people.add_key("anna", ["read"])
        yield ask
    await desk.store.close()


async def predicted(client, token, order_id="a"):
    orders = [{"id": order_id, "symbol": "BTCUSDT", "strategy": "Butterfly", "premium": 2.0}]
    answered = await client(token, "POST", "/predict", {"orders": orders})
    return answered.json()["predictions"][0]["prediction_id"]


async def test_a_program_tells_what_became_of_its_order_and_may_repeat_it(client):
    listed = await predicted(client, TOKEN)
    alone = (await client(TOKEN, "POST", "/predict", flat())).json()["prediction_id"]
    told = [
        await client(TOKEN, "POST", f"{OF}/{key}/outcome", {"profit": 120.5, "resolved": "2023-11-14T23:50:00Z"})
        for key in ("a", listed, alone)
    ]
    other = await client(TOKEN, "POST", f"{OF}/a/outcome", {"won": False})
    corrected = await client(TOKEN, "POST", f"{OF}/a/outcome", {"won": False, "replace": True})

    assert [one.status for one in told] == [200, 200, 200]
    first = told[0].json()
    assert (first["prediction_id"], first["order_id"], first["won"], first["correct"]) == (listed, "a", True, True)
    assert (first["profit"], first["ts_resolved"]) == (120.5, 1_700_005_800_000)
    assert told[1].json() == first
    assert (other.status, other.code) == (409, "conflict")
    assert (corrected.json()["won"], corrected.json()["profit"]) == (False, None)


@pytest.mark.parametrize(
    ("token", "key", "body", "status", "code"),
    [
        ("anna", "none-such", {"won": True}, 404, "not_found"),
        ("bob", "a", {"won": True}, 404, "not_found"),
        ("vera", "a", {"won": True}, 403, "forbidden"),
        ("key", "a", {"won": True}, 403, "forbidden"),
        ("anna", "a", {}, 422, "validation"),
        ("anna", "a", {"won": True, "profit": -1}, 422, "validation"),
        ("anna", "a", {"won": True, "resolved": "soon"}, 422, "validation"),
        ("anna", "a", {"won": True, "resolved": 5}, 422, "validation"),
        ("anna", "a", {"won": True, "resolved": "2099-01-01"}, 422, "validation"),
        ("anna", "a", {"profits": 1}, 422, "validation"),
    ],
)
async def test_what_is_no_outcome_of_one_s_own_is_refused(client, token, key, body, status, code):
    await predicted(client, "anna")
    answered = await client(client.key if token == "key" else token, "POST", f"{OF}/{key}/outcome", body)

    assert (answered.status, answered.code) == (status, code)


async def test_outcomes_are_listed_as_training_reads_them_and_summed_up_for_those_whose_they_are(client):
    for number in range(3):
        await predicted(client, "anna", f"o-{number}")
        await client("anna", "POST", f"{OF}/o-{number}/outcome", {"profit": 10.0 * (number or -1)})
    first = (await client("anna", "GET", f"{OF}/outcomes?limit=2&strategy=butterfly")).json()
    rest = (await client("anna", "GET", f"{OF}/outcomes?limit=2&strategy=butterfly&cursor={first['next']}")).json()
    sums = [
        (await client(who, "GET", f"{OF}/accuracy?symbol=btcusdt")).json()["items"] for who in ("anna", "root", "bob")
    ]

    assert [one["row"]["profit"] for one in first["items"] + rest["items"]] == [20.0, 10.0, -10.0]
    assert rest["next"] is None
    assert first["items"][0]["row"]["price"] == client.desk.world.price
    assert [(one["symbol"], one["count"], one["wins"]) for one in sums[0]] == [(None, 3, 2), ("BTCUSDT", 3, 2)]
    assert sums[0][0]["accuracy"] == pytest.approx(2 / 3)
    assert (sums[1], sums[2]) == (sums[0], [])


async def test_a_node_that_keeps_none_says_so(client):
    async with serving(make_context(node())) as bare:
        answers = [await bare.get(f"{OF}/{one}") for one in ("outcomes", "accuracy")]

    assert [(one.status, one.code) for one in answers] == [(404, "not_found")] * 2
