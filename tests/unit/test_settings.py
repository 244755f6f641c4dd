"""Settings over those of the file: what comes of them, and that they are kept."""

import json
from contextlib import asynccontextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.market import interval_of
from actors.ports.journal import AuditSpan, NodeRow
from actors.signal.aggregator import Aggregator
from actors.signal.stream import SignalStream
from actors.store.journal import SqliteJournal
from config.ai import AiService
from config.errors import ConflictError, InvalidInputError, NotReadyError, StoreUnavailableError
from config.schema import NodeConfig
from config.settings import OF_STREAMS, ChosenSettings, PredictorSetting, changed, differences, set_in
from config.signals import PredictorConfig, SignalConfig
from node.settings import NAME, NodeSettings, open_settings
from tests.unit.walks import INSTRUMENT, walk

TWO = SignalConfig(
    predictors=(PredictorConfig(name="technical"), PredictorConfig(name="llm", params={"service": "llm"})),
    quorum=0.25,
)
SERVICE = AiService(url="http://127.0.0.1:1/v1")
CONFIG = NodeConfig(signals=(TWO, SignalConfig(interval="5m", long_above=0.7)), ai={"llm": SERVICE})


@asynccontextmanager
async def opened(folder, config=CONFIG, told=None):
    """ChosenSettings as a process has them, on a real journal."""
    journal = SqliteJournal.open(folder / "journal.db", "whisperer")
    try:
        on_change = (lambda: None) if told is None else (lambda: told.append(True))
        yield open_settings(config, journal, on_change=on_change), journal
    finally:
        await journal.close()


async def test_a_change_is_in_force_kept_audited_and_told(tmp_path):
    told = []
    async with opened(tmp_path, told=told) as (settings, journal):
        before = settings.sections
        await settings.change(
            {"long_above": 0.9, "signal_timeout_s": 5.0, "predictors": {"technical": {"weight": 0.4}}},
            actor="ada",
            trace_id="t1",
        )

        assert [one.long_above for one in settings.sections] == [0.9, 0.9]
        assert [one.long_above for one in before] == [0.6, 0.7]
        assert [[voter.weight for voter in one.predictors] for one in settings.sections] == [[0.4, 0.0], [0.4]]
        assert settings.services["llm"].timeout_s == 5.0
        assert told == [True]
        [entry] = (await journal.audit(AuditSpan(action="settings"))).rows
        assert (entry.actor, entry.action, entry.trace_id) == ("ada", "settings.change", "t1")
        assert json.loads(entry.detail) == {
            "version": 1,
            "changes": {
                "long_above": {"old": None, "new": 0.9},
                "signal_timeout_s": {"old": None, "new": 5.0},
                "predictors.technical.weight": {"old": None, "new": 0.4},
            },
        }
    async with opened(tmp_path) as (settings, journal):
        state = settings.state()
        assert (state.version, state.changed_by, state.set.long_above) == (1, "ada", 0.9)
        assert [one.long_above for one in settings.sections] == [0.9, 0.9]

        await settings.change({"long_above": None, "predictors": {"technical": None}}, actor="bob", version=1)
        assert [one.long_above for one in settings.sections] == [0.6, 0.7]
        assert settings.state().set == ChosenSettings(signal_timeout_s=5.0)
        newest = (await journal.audit(AuditSpan(action="settings"))).rows[0]
        assert json.loads(newest.detail)["changes"]["long_above"] == {"old": 0.9, "new": None}


async def test_what_changes_nothing_is_no_change(tmp_path):
    async with opened(tmp_path) as (settings, journal):
        await settings.change({"quorum": None, "predictors": {"llm": {"enabled": None}}}, actor="ada")

        assert settings.state().version == 0
        assert (await journal.audit(AuditSpan(action="settings"))).rows == []


@pytest.mark.parametrize(
    ("changes", "version", "error"),
    [
        ({"short_below": 0.65}, None, InvalidInputError),
        ({"long_above": 0.1}, None, InvalidInputError),
        ({"predictors": {"oracle": {"weight": 0.1}}}, None, InvalidInputError),
        ({"quorum": 0.9}, 3, ConflictError),
    ],
)
async def test_what_does_not_fit_changes_nothing(tmp_path, changes, version, error):
    async with opened(tmp_path) as (settings, journal):
        before = settings.state()
        with pytest.raises(error):
            await settings.change(changes, actor="ada", version=version)

        assert settings.state() == before
        assert journal.load_fact(NAME) is None


class FullDisk:
    """A journal that takes nothing."""

    async def durable(self, *rows):
        raise StoreUnavailableError("the disk is full")


async def test_what_cannot_be_kept_is_not_in_force():
    settings = NodeSettings((TWO,), {"llm": SERVICE}, journal=FullDisk())
    before = settings.sections
    with pytest.raises(StoreUnavailableError):
        await settings.change({"quorum": 0.9, "signal_timeout_s": 1.0}, actor="ada")

    assert (settings.state().version, settings.sections) == (0, before)
    assert settings.services["llm"].timeout_s == 30.0
    with pytest.raises(NotReadyError):
        await NodeSettings((TWO,), {}).change({"quorum": 0.9}, actor="ada")


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("not JSON", (0, ChosenSettings())),
        ('{"version":4,"set":{"quorum":7}}', (0, ChosenSettings())),
        ('{"version":4,"set":{"quorum":0.3,"predictors":{"gone":{"weight":0.1}}}}', (4, ChosenSettings(quorum=0.3))),
        ('{"version":4,"set":{"quorum":0.3,"short_below":0.65}}', (4, ChosenSettings(quorum=0.3))),
    ],
)
async def test_what_was_kept_and_does_not_fit_the_file_of_today_is_left_out(tmp_path, kept, expected):
    async with opened(tmp_path) as (_, journal):
        await journal.durable(NodeRow(name=NAME, value=kept))
    async with opened(tmp_path) as (settings, _):
        assert (settings.state().version, settings.state().set) == expected


values = st.none() | st.floats(0.0, 1.0)
flags = st.none() | st.booleans()


@pytest.mark.property
@given(
    st.builds(ChosenSettings, enabled=flags, quorum=values, confidence=values, trade_confidence=values), flags, values
)
def test_a_change_and_its_way_back_leave_nothing(settings, flag, weight):
    change = {"quorum": weight, "predictors": {"technical": {"enabled": flag, "weight": weight}}}
    made = changed(settings, change)
    back = changed(made, {"quorum": settings.quorum, "predictors": {"technical": None}})

    assert back == settings
    assert (differences(settings, made) == {}) == (made == settings)
    assert msgspec.json.decode(msgspec.json.encode(made), type=ChosenSettings) == made
    section = set_in(TWO, made)
    for name in OF_STREAMS:
        said = getattr(made, name)
        assert getattr(section, name) == (getattr(TWO, name) if said is None else said)


def stream(settings):
    return SignalStream(
        INSTRUMENT,
        interval_of("1m"),
        Aggregator.from_config(settings.sections[0]),
        0,
        tuning=lambda: settings.sections[0],
    )


def made_after(change):
    """Close bars, set something, close one more; return the signals before and after, and one without a change."""
    rows = walk(100)
    settings, still = (NodeSettings((SignalConfig(long_above=0.5, short_below=0.5),), {}) for _ in range(2))
    one, other = stream(settings), stream(still)
    before = [one.close(row, "", 0) for row in rows[:-1]][-1]
    for row in rows[:-1]:
        other.close(row, "", 0)
    settings._take(replace(settings._kept, set=change))
    return before, one.close(rows[-1], "", 0), other.close(rows[-1], "", 0)


@pytest.mark.parametrize(
    ("change", "signal", "reason"),
    [
        (ChosenSettings(enabled=False), "neutral", "signals are switched off"),
        (
            ChosenSettings(predictors={"technical": PredictorSetting(enabled=False)}),
            "neutral",
            "no source with a weight",
        ),
        (ChosenSettings(predictors={"technical": PredictorSetting(weight=0.0)}), "neutral", "no source with a weight"),
        (ChosenSettings(long_above=1.0, short_below=0.0), "neutral", None),
        (ChosenSettings(confidence=1.0), "neutral", "100% is needed"),
    ],
)
def test_the_next_bar_is_judged_by_what_is_set(change, signal, reason):
    before, after, without = made_after(change)

    assert before.signal != "neutral"
    assert without.signal != "neutral"
    assert after.signal == signal
    assert reason is None or reason in " ".join(after.reasons)
    assert after.features == without.features


def test_strategies_are_told_with_the_next_signal():
    before, after, _ = made_after(ChosenSettings(use_signals=False, trade_confidence=0.8, long_above=0.55))

    assert (before.usable, before.act_above, before.thresholds.long_above) == (True, 0.65, 0.5)
    assert (after.usable, after.act_above, after.thresholds.long_above) == (False, 0.8, 0.55)
    assert after.signal != "neutral"


def test_a_source_that_was_switched_off_says_so_and_comes_back():
    settings = NodeSettings((SignalConfig(),), {})
    made, rows = stream(settings), walk(100)
    off = ChosenSettings(predictors={"technical": PredictorSetting(enabled=False)})
    states = []
    for index, row in enumerate(rows):
        if index in {97, 98}:
            settings._take(replace(settings._kept, set=off if index == 97 else ChosenSettings()))
        [source] = made.close(row, "", 0).sources
        states.append((source.state, source.reasons))

    assert states[97] == ("disabled", ("switched off",))
    assert states[96][0] == states[98][0] == "voted"
