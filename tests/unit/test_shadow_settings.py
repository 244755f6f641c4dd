"""A source that starts in the shadow gets a weight once 200 of its live outcomes are scored, and keeps it."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from actors.messages import SignalSource
from actors.ports.journal import AuditSpan, NodeRow
from actors.store.analyses.store import FILE_NAME, AnalysisStore
from actors.store.journal import SqliteJournal
from config.analyses import AnalysesSection
from config.errors import NotReadyError, StoreUnavailableError
from config.schema import NodeConfig
from config.signal_errors import UnprovenError
from config.signals import PredictorConfig, SignalConfig
from node.settings import NAME, NodeSettings, open_settings
from node.shadow import NEEDED
from tests.analysis_rows import analysed, resolved

TECHNICAL = PredictorConfig(name="technical")
LLM = PredictorConfig(name="llm", weight=0.5)
WEIGHT = {"predictors": {"llm": {"weight": 0.3}}}


def config(*voters):
    return NodeConfig(signals=(SignalConfig(predictors=(TECHNICAL, *voters)),))


@asynccontextmanager
async def opened(folder, *voters, has_journal=True):
    journal = SqliteJournal.open(folder / "journal.db", "whisperer") if has_journal else None
    store = AnalysisStore(folder / FILE_NAME, AnalysesSection())
    store.start()
    try:
        yield open_settings(config(*voters), journal, outcomes=store), store, journal
    finally:
        await store.close()
        if journal is not None:
            await journal.close()


async def score(store, count, first=0, **changes):
    """Have so many opinions of the source kept and resolved."""
    values = {"sources": (SignalSource("llm", 0.0, "voted", 0.5, 0.5),)} | changes
    for number in range(first, first + count):
        store.put(analysed(number, **values), resolved(number))
    await store.settled()


def weights(settings):
    return {one.name: one.weight for one in settings.sections[0].predictors}


async def test_a_weight_before_its_time_is_refused_with_what_is_missing(tmp_path):
    async with opened(tmp_path, PredictorConfig(name="llm")) as (settings, store, _):
        await score(store, 137)
        with pytest.raises(
            UnprovenError, match="137 of 200 outcomes are scored; a weight above 0 needs 63 more"
        ) as refused:
            await settings.change(WEIGHT, actor="ada")

        assert (refused.value.code, refused.value.status) == ("insufficient_data", 409)
        assert refused.value.path == "$.predictors.llm.weight"
        assert (settings.state().version, weights(settings)["llm"]) == (0, 0.0)
        [shadow] = await settings.shadow()
        assert (shadow.name, shadow.scored, shadow.needed) == ("llm", 137, NEEDED)
        assert not shadow.is_proven
        assert not shadow.is_held

        await settings.change({"predictors": {"llm": {"weight": 0.0, "enabled": False}}}, actor="ada")
        await settings.change({"predictors": {"technical": {"weight": 0.9}}}, actor="ada")
        assert weights(settings) == {"technical": 0.9, "llm": 0.0}


async def test_what_is_proven_has_a_weight_and_keeps_it_when_its_outcomes_are_long_deleted(tmp_path):
    async with opened(tmp_path, PredictorConfig(name="llm")) as (settings, store, _):
        await score(store, NEEDED)
        await settings.change(WEIGHT, actor="ada")

        assert weights(settings)["llm"] == 0.3
        assert (await settings.shadow())[0].is_proven
    for file in tmp_path.glob(f"{FILE_NAME}*"):
        file.unlink()
    async with opened(tmp_path, PredictorConfig(name="llm")) as (settings, _, _):
        assert weights(settings)["llm"] == 0.3
        await settings.change({"predictors": {"llm": {"weight": 0.4}}}, actor="ada")
        assert weights(settings)["llm"] == 0.4


async def test_only_live_calls_of_a_direction_that_were_resolved_count(tmp_path):
    async with opened(tmp_path, LLM) as (settings, store, _):
        await score(store, 5)
        await score(store, 5, 100, backfilled=True)
        await score(store, 5, 200, sources=(SignalSource("llm", 0.0, "voted", 0.0, 0.5),))
        await score(store, 5, 300, sources=(SignalSource("llm", 0.0, "voted", 0.5, 0.5, stale=True),))
        await score(store, 5, 400, sources=(SignalSource("file", 0.0, "voted", 0.5, 0.5),))
        store.put(
            *[analysed(number, sources=(SignalSource("llm", 0.0, "voted", 0.5, 0.5),)) for number in range(500, 505)]
        )
        store.put(resolved(500, outcome="unresolved", label=None, long_return=None, short_return=None))
        await score(store, 3, 600, instrument_id="ETH-USDT.SIM")
        for number in range(600, 603):
            store.put(resolved(number, instrument_id="ETH-USDT.SIM"))
        await store.settled()

        assert (await settings.shadow())[0].scored == 5 + 3
        assert await store.scored("llm", 4) == 4


async def test_a_weight_of_the_file_is_held_until_then_and_counts_from_the_next_bar(tmp_path):
    async with opened(tmp_path, LLM) as (settings, store, journal):
        before = settings.sections
        assert weights(settings) == {"technical": 0.2, "llm": 0.0}
        assert settings.state().file[0].predictors[1].weight == 0.5
        assert (await settings.shadow())[0].is_held
        await score(store, NEEDED - 1)
        await settings.look()
        assert settings.sections is before

        await score(store, 1, NEEDED)
        await settings.look()
        assert weights(settings)["llm"] == 0.5
        assert not (await settings.shadow())[0].is_held
        state = settings.state()
        assert (state.version, state.changed_by) == (1, "node")
        [entry] = (await journal.audit(AuditSpan(action="settings"))).rows
        assert (entry.actor, entry.action) == ("node", "settings.proven")
        assert json.loads(entry.detail) == {"version": 1, "source": "llm", "scored": NEEDED}
        await settings.look()
        assert settings.state().version == 1
    async with opened(tmp_path, LLM) as (settings, _, _):
        assert weights(settings)["llm"] == 0.5


async def test_a_node_looks_by_itself_and_says_what_it_holds(tmp_path):
    async with opened(tmp_path, LLM) as (settings, store, _):
        counted = asyncio.Event()
        settings._on_change = counted.set
        await score(store, NEEDED)
        with capture_logs() as logs:
            watching = asyncio.create_task(settings.watch())
            await asyncio.wait_for(counted.wait(), 60)
            watching.cancel()

        assert weights(settings)["llm"] == 0.5
        assert [(line["event"], line["source"]) for line in logs] == [("weight_held", "llm"), ("source_proven", "llm")]


async def test_whoever_trusts_it_answers_for_it(tmp_path):
    trusted = replace(LLM, trusted=True)
    async with opened(tmp_path, trusted) as (settings, _, _):
        assert weights(settings)["llm"] == 0.5
        assert await settings.shadow() == []
        await settings.change(WEIGHT, actor="ada")
        assert weights(settings)["llm"] == 0.3
    both = (SignalConfig(predictors=(TECHNICAL, trusted)), SignalConfig(interval="5m", predictors=(LLM,)))
    settings = NodeSettings(both, {})
    assert [section.predictors[-1].weight for section in settings.sections] == [0.5, 0.0]


async def test_a_weight_that_was_set_before_anybody_asked_for_outcomes_is_held_too(tmp_path):
    async with opened(tmp_path, PredictorConfig(name="llm")) as (_, _, journal):
        await journal.durable(NodeRow(name=NAME, value='{"version":3,"set":{"predictors":{"llm":{"weight":0.7}}}}'))
    async with opened(tmp_path, PredictorConfig(name="llm")) as (settings, store, _):
        assert weights(settings)["llm"] == 0.0
        await settings.change({"quorum": 0.4}, actor="ada")
        await score(store, NEEDED)
        await settings.look()
        assert weights(settings)["llm"] == 0.7


async def test_a_node_without_a_journal_lets_the_file_count_too(tmp_path):
    async with opened(tmp_path, LLM, has_journal=False) as (settings, store, _):
        await score(store, NEEDED)
        await settings.look()
        assert weights(settings)["llm"] == 0.5


class Unreadable:
    """A store whose file cannot be read."""

    async def scored(self, predictor, most):
        raise StoreUnavailableError("the disk is gone")


async def test_where_nothing_can_be_counted_there_is_no_weight(tmp_path):
    journal = SqliteJournal.open(tmp_path / "journal.db", "whisperer")
    try:
        for outcomes, error in ((Unreadable(), StoreUnavailableError), (None, NotReadyError)):
            settings = open_settings(config(LLM), journal, outcomes=outcomes)
            with pytest.raises(error):
                await settings.change(WEIGHT, actor="ada")
            assert weights(settings)["llm"] == 0.0
            assert (await settings.shadow())[0].scored is None
    finally:
        await journal.close()
