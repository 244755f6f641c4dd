"""`/api/v1/jobs` and channel `jobs` over real sockets: whose they are, what is told of them, what is refused."""

import pytest
from whisperer_client import Client

from actors.bridge.job_relay import JobRelay
from actors.ports.jobs import NODE
from tests.bridge.client_world import take
from tests.bridge.fake_identity import ADMIN
from tests.bridge.fake_jobs import WISH, FakeJobs
from tests.bridge.fakes import BTC, make_context
from tests.bridge.identity_world import with_users
from tests.bridge.rest_client import serving

PATH = "/api/v1/jobs"
ASKED = {"instrument_id": BTC}


async def test_a_job_is_accepted_named_and_told():
    async with with_users() as world, world.socket("anna") as client:
        await client.ask("subscribe", ch=["jobs"])
        made = await world.ask("POST", PATH, ASKED | {"model": "lstm", "days": 3, "seed": 11}, token="anna")
        job_id = made.json()["job_id"]
        world.jobs.go_on(job_id, stage="folds", done=2, of=5)
        world.jobs.go_on(job_id, state="finished", model_id="lstm-1", is_promoted=False, ended_ms=9)
        told = [await client.until("job", seq=seq) for seq in (1, 2, 3)]
        read = await world.ask("GET", f"{PATH}/{job_id}", token="anna")

    assert (made.status, made.headers["Location"]) == (202, f"{PATH}/{job_id}")
    assert (made.json()["interval"], made.json()["model"], made.json()["days"]) == ("5m", "lstm", 3)
    assert [one["data"]["state"] for one in told] == ["running", "running", "finished"]
    assert (told[1]["data"]["stage"], told[1]["data"]["done"], told[1]["data"]["of"]) == ("folds", 2, 5)
    assert told[2]["data"] == read.json()
    assert read.json()["model_id"] == "lstm-1"


async def test_a_snapshot_has_the_running_jobs():
    async with with_users() as world:
        jobs = [(await world.ask("POST", PATH, ASKED, token="anna")).json()["job_id"] for _ in range(3)]
        world.jobs.go_on(jobs[1], state="failed", code="insufficient_data", error="too little data")
        async with world.socket("anna") as client:
            await client.ask("subscribe", ch=["jobs"])
            shown = (await client.until("snapshot", ch="jobs"))["data"]
        failed = (await world.ask("GET", f"{PATH}/{jobs[1]}", token="anna")).json()

    assert [one["job_id"] for one in shown] == [jobs[0], jobs[2]]
    assert (failed["code"], failed["error"]) == ("insufficient_data", "too little data")


async def test_the_model_of_orders_is_for_admins_who_may_see_everybody_s():
    wish = {"instrument_id": "ALL.ORDERS", "model": "order_gbt"}
    async with with_users() as world:
        refused = await world.ask("POST", PATH, wish, token="anna")
        made = await world.ask("POST", PATH, wish, token="root")

    assert (refused.status, made.status) == (403, 202)
    assert (made.json()["model"], made.json()["interval"]) == ("order_gbt", "1d")


async def test_each_sees_the_own_ones_and_admins_all():
    async with with_users() as world:
        own = (await world.ask("POST", PATH, ASKED, token="anna")).json()["job_id"]
        await world.jobs.start(WISH, owner=NODE)
        key = world.identity.add_key("root", ["read"], ADMIN)
        seen = {
            token: [one["user_id"] for one in (await world.ask("GET", PATH, token=token)).json()["items"]]
            for token in ("anna", "bob", "root", key)
        }
        statuses = [
            (await world.ask(method, f"{PATH}/{own}", token="bob")).status for method in ("GET", "DELETE", "GET")
        ]
        cancelled = await world.ask("DELETE", f"{PATH}/{own}", token="root")
        again = await world.ask("DELETE", f"{PATH}/{own}", token="anna")

    assert seen == {"anna": ["anna"], "bob": [], "root": [NODE, "anna"], key: []}
    assert statuses == [404, 404, 404]
    assert (cancelled.status, cancelled.json()["state"]) == (200, "cancelled")
    assert again.status == 409


async def test_only_admins_have_a_job_promote():
    async with with_users() as world:
        statuses = [
            (await world.ask("POST", PATH, ASKED | {"promote": True}, token=token)).status
            for token in ("anna", "root", world.identity.add_key("root", ["read", "trade"], ADMIN))
        ]

    assert statuses == [403, 202, 403]


@pytest.mark.parametrize(
    "change",
    [
        {"instrument_id": "../etc"},
        {"instrument_id": None},
        {"interval": "1s"},
        {"interval": "7m"},
        {"model": "oracle"},
        {"kind": "backtest"},
        {"days": 0},
        {"days": 4_000},
        {"seed": -1},
        {"seed": 2**31},
        {"candles": []},
    ],
)
async def test_what_cannot_be_trained_is_refused(change):
    jobs = FakeJobs()
    async with serving(make_context(jobs=jobs)) as client:
        answer = await client.ask("POST", PATH, json=ASKED | change)

    assert (answer.status, answer.code, jobs.rows) == (422, "validation", {})


async def test_a_long_key_is_refused():
    async with serving(make_context(jobs=FakeJobs())) as client:
        answer = await client.ask("POST", PATH, json=ASKED, headers={"Idempotency-Key": "k" * 65})

    assert answer.status == 422


async def test_where_everybody_is_one_person_the_schedule_is_heard_too():
    jobs = FakeJobs()
    context = make_context(jobs=jobs)
    told = []

    class Hub:
        class streams:  # noqa: N801  # as the hub names it
            @staticmethod
            def find(*key):
                return key

        @staticmethod
        def publish(stream, bodies):
            told.append((stream, len(bodies)))

    jobs.listener = JobRelay(Hub, context)
    await jobs.start(WISH, owner=NODE)

    assert told == [(("jobs", "local"), 1)]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_lose_and_repeat_nothing(limit):
    jobs, seen, cursor = FakeJobs(), [], ""
    for _ in range(5):
        row = await jobs.start(WISH, owner="local")
        jobs.go_on(row.job_id, created_ms=row.created_ms // 2)
    async with serving(make_context(jobs=jobs)) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [one["job_id"] for one in page["items"]]
            cursor = page["next"]

    assert seen == [row.job_id for row in jobs.jobs()]


async def test_a_node_without_jobs_says_so():
    async with serving(make_context()) as client:
        assert (await client.get(PATH)).status == 404


async def test_the_python_client_follows_a_job_to_its_end():
    async with with_users() as world, Client(f"http://127.0.0.1:{world.port}", token="anna") as client:
        first = await world.jobs.start(WISH, owner="anna")
        jobs = client.jobs()
        [running] = await take(jobs, 1)
        world.jobs.go_on(first.job_id, stage="folds", done=2, of=5)
        world.jobs.go_on(first.job_id, state="finished", model_id="gbt-1", ended_ms=9)
        told = await take(jobs, 2)

    assert (running.state, [(one.state, one.done, one.model_id) for one in told]) == (
        "running",
        [("running", 2, None), ("finished", 2, "gbt-1")],
    )
