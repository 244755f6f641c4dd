"""`/api/v1/settings` over a real socket, with a real journal beneath."""

from contextlib import asynccontextmanager

import pytest

from actors.store.journal import SqliteJournal
from config.schema import NodeConfig
from config.signals import PredictorConfig, SignalConfig
from node.settings import open_settings
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving

PATH = "/api/v1/settings"


class Scored:
    """Counts the outcomes of every source."""

    async def scored(self, predictor, most):
        return min(137, most)


@asynccontextmanager
async def world(folder, config=NodeConfig()):  # noqa: B008  # frozen
    journal = SqliteJournal.open(folder / "journal.db", "whisperer")
    try:
        context = make_context(config=config, settings=open_settings(config, journal, outcomes=Scored()))
        async with serving(context) as client:
            yield client, context
    finally:
        await journal.close()


async def test_it_tells_the_file_what_was_set_and_what_is_in_force(tmp_path):
    async with world(tmp_path) as (client, _):
        first = (await client.get(PATH)).json()
        assert (first["version"], first["changed_at"], first["changeable"]) == (0, None, True)
        assert first["set"]["long_above"] is None
        assert first["streams"][0]["file"] == first["streams"][0]["now"]

        asked = {"version": 0, "long_above": 0.7, "predictors": {"technical": {"enabled": False}}}
        answered = await client.ask("PATCH", PATH, json=asked)
        assert answered.status == 200
        body = answered.json()
        assert body == (await client.get(PATH)).json()
        assert (body["version"], body["changed_by"]) == (1, "local")
        stream = body["streams"][0]
        assert (stream["file"]["long_above"], stream["now"]["long_above"]) == (0.6, 0.7)
        assert [one["enabled"] for one in stream["now"]["predictors"]] == [False]
        assert (await client.get("/api/v1/status")).json()["settings"] == 1
        await client.ask("PATCH", PATH, json={"trade_confidence": 0.8})
        assert (await client.get("/api/v1/capabilities")).json()["signals"][0]["trade_confidence"] == 0.8

        again = await client.ask(
            "PATCH", PATH, json={"long_above": None, "trade_confidence": None, "predictors": {"technical": None}}
        )
        assert again.json()["streams"][0]["now"] == first["streams"][0]["file"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation"),
        ({"version": 0}, 422, "validation"),
        ({"quorum": 1.5}, 422, "validation"),
        ({"quorum": "0.5"}, 422, "validation"),
        ({"signal_timeout_s": 0}, 422, "validation"),
        ({"analysis_interval_s": 1e9}, 422, "validation"),
        ({"colour": "red"}, 422, "validation"),
        ({"predictors": {"technical": {"colour": 1}}}, 422, "validation"),
        ({"predictors": {"oracle": {"weight": 0.1}}}, 422, "validation"),
        ({"predictors": {"a b": {"weight": 0.1}}}, 422, "validation"),
        ({"predictors": {f"p{number}": None for number in range(101)}}, 422, "validation"),
        ({"short_below": 0.7}, 422, "validation"),
        ({"version": 5, "quorum": 0.5}, 409, "conflict"),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(tmp_path, body, status, code):
    async with world(tmp_path) as (client, context):
        answered = await client.ask("PATCH", PATH, json=body)

        assert (answered.status, answered.json()["code"]) == (status, code)
        assert context.settings.state().version == 0


async def test_without_a_journal_it_is_read_only():
    async with serving(make_context()) as client:
        assert (await client.get(PATH)).json()["changeable"] is False
        assert (await client.ask("PATCH", PATH, json={"quorum": 0.5})).status == 503


async def test_a_source_in_the_shadow_tells_how_far_it_is_and_gets_no_weight(tmp_path):
    voters = (PredictorConfig(name="technical"), PredictorConfig(name="llm", weight=0.5))
    async with world(tmp_path, NodeConfig(signals=(SignalConfig(predictors=voters),))) as (client, _):
        body = (await client.get(PATH)).json()
        assert body["shadow"] == [{"name": "llm", "scored": 137, "needed": 200, "proven": False, "held": True}]
        stream = body["streams"][0]
        assert [stream[which]["predictors"][1]["weight"] for which in ("file", "now")] == [0.5, 0.0]

        refused = await client.ask("PATCH", PATH, json={"predictors": {"llm": {"weight": 0.1}}})
        assert (refused.status, refused.code) == (409, "insufficient_data")
        assert refused.json()["detail"] == "llm: 137 of 200 outcomes are scored; a weight above 0 needs 63 more"
        assert refused.json()["errors"][0]["path"] == "$.predictors.llm.weight"
