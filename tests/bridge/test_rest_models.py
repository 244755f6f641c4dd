"""`/api/v1/models` over a real socket and real files: listing, report, promotion, rollback, cleanup."""

import msgspec
import pytest

from actors.ports import AuditRow
from actors.signal.models.registry import ModelRegistry
from node.training.keeper import NodeModels
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving
from tests.unit.model_files import made_meta, stump
from tests.unit.walks import NAME

PATH = "/api/v1/models"
PLACE = {"instrument_id": NAME, "interval": "1m", "kind": "gbt"}
SCORES = {"training": {"auc": 0.8}, "out_of_sample": {"auc": 0.53, "count": 400, "is_all": True, "why": None}}
AGAINST = {"id": "first", "how": "as it stands", "rows": 800, "current": 0.692, "candidate": 0.691}


class Rows:
    """Hears what is written to the journal."""

    def __init__(self):
        self.rows = []

    def write(self, *rows, told=None):
        self.rows += rows


@pytest.fixture
def world(tmp_path):
    registry, journal = ModelRegistry(tmp_path / "models"), Rows()
    return registry, journal, make_context(keeper=NodeModels(registry, journal, keep=1))


def save(registry, model_id, created=1_700_000_000_000, **changed):
    raw = stump(0.5, -0.5)
    known = {"created_ms": created, "scores": SCORES, **changed}
    return registry.save(made_meta(model_id, raw, **known), {"model.json": raw, "report.html": b"<p>found</p>"})


@pytest.mark.parametrize("interval", ["7m", "", "1M%20", "%00"])
async def test_an_interval_that_does_not_exist_is_refused_not_answered_with_nothing(world, interval):
    async with serving(world[2]) as client:
        answered = await client.get(f"{PATH}?interval={interval}")

    assert (answered.status, answered.json()["code"]) == (422, "unsupported_interval")


async def test_samples_stand_apart_and_states_are_told(world):
    registry, _, context = world
    for number, name in enumerate(("first", "second", "third")):
        save(registry, name, created=1_700_000_000_000 + number, against=AGAINST if name == "second" else {})
    registry.promote("first")
    registry.promote("second")

    async with serving(context) as client:
        items = (await client.get(f"{PATH}?instrument_id={NAME}&interval=1m&kind=gbt")).json()["items"]
        other = (await client.get(f"{PATH}?kind=lstm")).json()["items"]
        one = (await client.get(f"{PATH}/second")).json()

    assert [(item["model_id"], item["state"]) for item in items] == [
        ("third", "candidate"),
        ("second", "promoted"),
        ("first", "earlier"),
    ]
    assert (one["training"], one["validation"], one["out_of_sample"]) == (
        SCORES["training"],
        None,
        SCORES["out_of_sample"],
    )
    assert [item["against"] for item in items] == [{}, AGAINST, {}]
    assert [(change["model_id"], change["action"]) for change in one["history"]] == [
        ("second", "promote"),
        ("first", "promote"),
    ]
    assert other == []


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
async def test_cursors_lose_and_repeat_nothing(world, limit):
    registry, _, context = world
    for number in range(5):
        save(registry, f"model-{number}", created=1_700_000_000_000 + number // 3)
    seen, cursor = [], ""

    async with serving(context) as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))).json()
            seen += [item["model_id"] for item in page["items"]]
            cursor = page["next"]

    assert seen == [meta.id for meta in registry.models()]


async def test_promotion_rollback_and_cleanup_are_seen_by_predictors_and_audited(world):
    registry, journal, context = world
    for number, name in enumerate(("first", "second", "third", "fourth")):
        save(registry, name, created=1_700_000_000_000 + number)
    before = registry.version()

    async with serving(context) as client:
        first = (await client.ask("POST", f"{PATH}/first/promote")).json()
        second = (await client.ask("POST", f"{PATH}/second/promote")).json()
        promoted = registry.current(NAME, "1m", "gbt").id
        back = (await client.ask("POST", f"{PATH}/rollback", json=PLACE)).json()
        removed = (await client.ask("DELETE", PATH)).json()["removed"]
        none = await client.ask("POST", f"{PATH}/rollback", json=PLACE)

    assert (first["state"], second["state"], promoted, back["model_id"]) == ("promoted", "promoted", "second", "first")
    assert registry.version() != before
    assert set(removed) == {"second", "third"}
    assert (none.status, none.json()["code"]) == (404, "not_found")
    assert [(type(row), row.actor, row.action, row.target) for row in journal.rows] == [
        (AuditRow, "local", "model.promote", "first"),
        (AuditRow, "local", "model.promote", "second"),
        (AuditRow, "local", "model.rollback", "first"),
        (AuditRow, "local", "model.cleanup", ""),
    ]
    assert msgspec.json.decode(journal.rows[0].detail) == PLACE


async def test_what_is_not_to_be_promoted_says_why(world):
    registry, journal, context = world
    save(registry, "weak", is_promotable=False, reason="no better than always the same answer")

    async with serving(context) as client:
        answer = await client.ask("POST", f"{PATH}/weak/promote")

    assert (answer.status, answer.json()["code"]) == (409, "conflict")
    assert "no better than always the same answer" in answer.json()["detail"]
    assert (registry.current(NAME, "1m", "gbt"), journal.rows) == (None, [])


async def test_the_report_is_a_page_that_may_do_nothing(world):
    registry, _, context = world
    save(registry, "told")
    raw = stump(0.5, -0.5)
    registry.save(made_meta("untold", raw), {"model.json": raw})

    async with serving(context) as client:
        page = await client.get(f"{PATH}/told/report")
        untold = await client.get(f"{PATH}/untold/report")
        (registry.folder / NAME / "1m" / "gbt" / "told" / "report.html").write_bytes(b"<script>alert(1)</script>")
        forged = await client.get(f"{PATH}/told/report")

    assert (page.status, page.body) == (200, b"<p>found</p>")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert untold.status == 404
    assert (forged.status, forged.json()["code"]) == (503, "model_unavailable")


@pytest.mark.parametrize("name", ["none-such", "..%2f..%2fetc", "%2e%2e", "CURRENT", "a" * 200])
async def test_no_name_leads_out_of_the_folder(world, name):
    async with serving(world[2]) as client:
        for path in (f"{PATH}/{name}", f"{PATH}/{name}/report"):
            assert (await client.get(path)).status == 404
        assert (await client.ask("POST", f"{PATH}/{name}/promote")).status == 404


@pytest.mark.parametrize("change", [{"kind": "../x"}, {"interval": "7m"}, {"instrument_id": "../.."}, {"more": 1}])
async def test_a_rollback_of_no_place_is_refused(world, change):
    async with serving(world[2]) as client:
        assert (await client.ask("POST", f"{PATH}/rollback", json=PLACE | change)).status == 422


async def test_a_node_without_models_says_so():
    async with serving(make_context()) as client:
        assert (await client.get(PATH)).status == 404
