import msgspec
import pytest
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ActorId

from actors.market import MINUTE_NS, bar_type_of, interval_of
from actors.messages import BarsMended, ClosedBar, Signal, SignalsBackfilled, WindowLoaded
from actors.signal.actor import SignalActor
from actors.signal.log import SignalLog
from config.errors import ConfigError, UnknownInstrumentError
from config.signals import PredictorConfig, SignalConfig
from tests.node.small_market import Ear, Script, flat_rows, small_engine
from tests.unit.walks import INSTRUMENT, NAME, walk

BTC = bar_type_of(NAME, "1m")
ETH = "ETH-USDT.SIM"


class Window:
    """The buffer as the signal actor sees it: the rows that the test gave it."""

    def __init__(self, rows=(), names=(NAME,), is_loaded=True):
        self.held = list(rows)
        self.names = names
        self.loaded = is_loaded
        self.ensured = []

    def instruments(self):
        return {name: msgspec.structs.replace(INSTRUMENT, instrument_id=name) for name in self.names}

    def check(self, instrument_id, interval):
        if instrument_id not in self.names:
            raise UnknownInstrumentError(f"no instrument {instrument_id!r}")
        return interval_of(interval)

    def hold(self, instrument_id, interval, reader):
        self.ensured.append((instrument_id, interval))

    def is_loaded(self, instrument_id, interval):
        return self.loaded

    def rows(self, instrument_id, interval, count):
        return self.held[-count:]


def closing(rows, bar_type=BTC):
    """One step per bar: its ClosedBar."""
    return [
        [(f"bars.{bar_type}", ClosedBar(bar_type, row, row.ts_open + MINUTE_NS, trace_id=f"t{i}"))]
        for i, row in enumerate(rows)
    ]


def loaded(bar_type=BTC, count=0):
    return [(f"windows.{bar_type}", WindowLoaded(bar_type, count, True, trace_id="window"))]


def mended(row, bar_type=BTC):
    return [(f"mends.{bar_type}", BarsMended(bar_type, row.ts_open, row.ts_open, 1, trace_id="mend"))]


def actor(window, log, *sections, **kwargs):
    config = DataActorConfig(ActorId("Signal-001"))
    return SignalActor(config, sections or (SignalConfig(),), window, log, **kwargs)


def run(made, steps):
    """Let the actor meet the steps; return what it published on signals and backfills."""
    ear = Ear("signals.*", "backfills.*")
    with small_engine(ear, made, Script(steps), rows=flat_rows(len(steps) + 1)):
        pass
    return ear.heard


def plain(signals):
    return [msgspec.structs.replace(item, trace_id="", ts_init=0) for item in signals]


def test_every_closed_bar_gives_one_signal_on_the_bus_and_in_the_log():
    rows, log = walk(120), SignalLog()
    made = actor(Window(rows[:100]), log, SignalConfig(backfill=0))
    heard = run(made, closing(rows[100:]))

    assert [item.ts_bar for item in heard] == [row.ts_open for row in rows[100:]]
    assert [item.trace_id for item in heard] == [f"t{i}" for i in range(20)]
    assert all(type(item) is Signal and not item.backfilled and not item.stale for item in heard)
    assert log.recent(NAME, "1m", 99) == heard
    assert made.faults.found == []


def test_signals_of_history_go_to_the_log_alone_and_are_announced():
    rows, log = walk(120), SignalLog()
    heard = run(actor(Window(rows[:100]), log, SignalConfig(backfill=30)), closing(rows[100:102]))

    assert heard[0] == SignalsBackfilled(BTC, 30, trace_id=heard[0].trace_id)
    assert [type(item) for item in heard[1:]] == [Signal, Signal]
    kept = log.recent(NAME, "1m", 99)
    assert [item.backfilled for item in kept] == [True] * 30 + [False] * 2
    assert [item.ts_bar for item in kept] == [row.ts_open for row in rows[70:102]]


def test_bars_before_the_window_is_loaded_are_in_it_and_give_no_second_signal():
    rows, log = walk(110), SignalLog()
    window = Window(rows[:103], is_loaded=False)
    steps = closing(rows[100:105])
    steps[3] = loaded() + steps[3]  # three bars close while history is on its way
    heard = run(actor(window, log, SignalConfig(backfill=5)), steps)

    assert window.ensured == [(NAME, "1m")]
    assert heard[0].signals == 5
    assert [item.ts_bar for item in heard[1:]] == [row.ts_open for row in rows[103:105]]
    assert [item.ts_bar for item in log.recent(NAME, "1m", 99)] == [row.ts_open for row in rows[98:105]]


def test_a_market_without_history_begins_with_its_first_bar():
    heard = run(actor(Window(), SignalLog()), closing(walk(3)))

    assert [item.reasons for item in heard] == [(f"warming up: {i} of 60 bars",) for i in (1, 2, 3)]


def test_a_bar_told_twice_gives_no_second_signal():
    rows = walk(103)
    steps = closing([rows[100], rows[100], rows[101]])
    heard = run(actor(Window(rows[:100]), SignalLog(), SignalConfig(backfill=0)), steps)

    assert [item.ts_bar for item in heard] == [rows[100].ts_open, rows[101].ts_open]


def test_a_corrected_bar_mends_the_state_without_a_second_signal():
    rows, log, window = walk(140), SignalLog(), Window(walk(100))
    wrong = msgspec.structs.replace(rows[100], close=rows[100].close + 40_000, high=rows[100].high + 40_000)
    window.rows = lambda *_: rows[:101] if log.recent(NAME, "1m", 1) else rows[:100]
    steps = [*closing([wrong]), mended(rows[100]), *closing(rows[101:])]
    heard = run(actor(window, log, SignalConfig(backfill=0)), steps)
    straight = run(actor(Window(rows[:101]), SignalLog(), SignalConfig(backfill=0)), closing(rows[101:]))

    assert [item.ts_bar for item in heard] == [row.ts_open for row in rows[100:]]
    assert plain(heard[1:]) == plain(straight)


def test_a_bar_filled_in_later_gets_its_one_signal_and_those_after_it_know_it():
    rows, log = walk(140), SignalLog()
    window = Window(rows[:100])
    window.rows = lambda *_: rows[:103] if log.recent(NAME, "1m", 1) else rows[:100]
    steps = [*closing([rows[100], rows[102]]), mended(rows[101]), *closing(rows[103:])]
    heard = run(actor(window, log, SignalConfig(backfill=50)), steps)
    straight = run(actor(Window(rows[:103]), SignalLog(), SignalConfig(backfill=0)), closing(rows[103:]))
    signals = [item for item in heard if type(item) is Signal]

    assert [item.ts_bar for item in signals] == [rows[at].ts_open for at in (100, 102, *range(103, 140))]
    assert plain(signals[2:]) == plain(straight)
    kept = log.recent(NAME, "1m", 99)
    assert [item.ts_bar for item in kept] == [row.ts_open for row in rows[50:140]]
    assert [item.backfilled for item in kept[50:54]] == [False, True, False, False]


def test_a_new_actor_after_a_rebuild_goes_on_without_doubling():
    rows, log = walk(200), SignalLog()
    first = run(actor(Window(rows[:100]), log, SignalConfig(backfill=50)), closing(rows[100:140]))
    second = run(actor(Window(rows[:145]), log, SignalConfig(backfill=50)), closing(rows[145:200]))
    straight = run(actor(Window(rows[:100]), SignalLog(), SignalConfig(backfill=50)), closing(rows[100:200]))

    assert second[0].signals == 5  # the bars that closed while there was no node
    assert plain(first[1:]) == plain(straight[1:41])
    assert plain(second[1:]) == plain(straight[46:])
    bars = [item.ts_bar for item in log.recent(NAME, "1m", 999)]
    assert bars == [row.ts_open for row in rows[50:200]]


def test_history_split_elsewhere_gives_the_same_signals():
    rows = walk(200)
    early = run(actor(Window(rows[:100]), SignalLog(), SignalConfig(backfill=0)), closing(rows[100:]))
    late = run(actor(Window(rows[:160]), SignalLog(), SignalConfig(backfill=0)), closing(rows[160:]))

    assert plain(early[60:]) == plain(late)


def test_sections_choose_instruments_and_intervals():
    five = bar_type_of(NAME, "5m")
    window = Window(names=(NAME, ETH))
    made = actor(window, SignalLog(), SignalConfig(), SignalConfig(instruments=(NAME,), interval="5m"))
    row = walk(1)[0]
    topics = [BTC, five, bar_type_of(ETH, "1m")]
    heard = run(made, [step for topic in topics for step in closing([row], topic)])

    assert [(item.instrument_id, item.interval) for item in heard] == [(NAME, "1m"), (NAME, "5m"), (ETH, "1m")]
    assert heard[1].ts_event == row.ts_open + 5 * MINUTE_NS


def test_a_silent_feed_marks_signals_stale_live_and_never_in_a_backtest():
    silent = run(actor(Window(), SignalLog(), is_stale=lambda: True), closing(walk(1)))
    live = run(actor(Window(), SignalLog(), is_stale=lambda: False), closing(walk(1)))
    backtest = run(actor(Window(), SignalLog()), closing(walk(1)))

    assert [item.stale for item in silent + live + backtest] == [True, False, False]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ((SignalConfig(instruments=("NO-SUCH.SIM",)),), "NO-SUCH"),
        ((SignalConfig(), SignalConfig(instruments=(NAME,))), "configured twice"),
    ],
)
def test_a_section_that_cannot_be_is_a_fault_that_is_shown(sections, message):
    made = actor(Window(), SignalLog(), *sections)
    run(made, closing(walk(1)))

    assert [fault.component for fault in made.faults.found] == ["signal"]
    assert message in made.faults.found[0].error


def test_a_wrong_predictor_stops_the_start():
    with pytest.raises(ConfigError, match="unknown predictor"):
        actor(Window(), SignalLog(), SignalConfig(predictors=(PredictorConfig(name="oracle"),)))


def test_an_exception_mutes_the_actor_and_nobody_else():
    class Broken(Window):
        def rows(self, instrument_id, interval, count):
            raise ValueError("window is gone")

    rows = walk(5)
    made = actor(Broken(), SignalLog())
    heard = run(made, closing(rows))

    assert heard == []
    assert [fault.error for fault in made.faults.found] == ["ValueError: window is gone"]


OTHER = bar_type_of(ETH, "1m")
FOLLOWING = SignalConfig(instruments=(NAME,), reference=ETH, session="09:30-16:00 UTC", backfill=20)


class TwoWindows(Window):
    """Bars of an instrument and of its reference."""

    def __init__(self, rows, others, late=()):
        super().__init__(rows, (NAME, ETH))
        self.others = list(others)
        self.late = set(late)

    def is_loaded(self, instrument_id, interval):
        return instrument_id not in self.late

    def rows(self, instrument_id, interval, count):
        return list(self.others if instrument_id == ETH else self.held)


def pairs(rows, others, is_reference_first):
    steps = []
    for ours, other in zip(closing(rows), closing(others, OTHER), strict=True):
        steps.append(other + ours if is_reference_first else ours + other)
    return steps


def test_features_of_the_reference_do_not_depend_on_which_bar_comes_first():
    rows, others = walk(130), walk(130, seed=3)
    after, before = (
        run(actor(TwoWindows(rows[:100], others[:100]), SignalLog(), FOLLOWING), pairs(rows[100:], others[100:], first))
        for first in (False, True)
    )
    all_at_once, log = TwoWindows(rows, others), SignalLog()
    run(actor(all_at_once, log, msgspec.structs.replace(FOLLOWING, backfill=30)), [[]])

    assert plain(after[1:]) == plain(before[1:])
    assert [item.features for item in after[1:]] == [item.features for item in log.recent(NAME, "1m", 30)]
    assert all(item.features[-1] != 0.0 for item in after[1:])


def test_history_waits_for_that_of_the_reference():
    rows, others = walk(110), walk(110, seed=3)
    window = TwoWindows(rows[:102], others[:102], late=[ETH])
    steps = pairs(rows[100:105], others[100:105], is_reference_first=False)
    steps[2] = loaded(OTHER) + steps[2]
    heard = run(actor(window, SignalLog(), FOLLOWING), steps)
    prompt = run(
        actor(TwoWindows(rows[:102], others[:102]), SignalLog(), FOLLOWING),
        pairs(rows[102:105], others[102:105], is_reference_first=False),
    )

    assert window.ensured == [(ETH, "1m"), (NAME, "1m")]
    assert plain(heard[1:]) == plain(prompt[1:])
    assert heard[0].signals == 20


def test_a_reference_that_does_not_come_silences_nobody():
    rows = walk(110)
    window = TwoWindows(rows[:103], (), late=[ETH])
    heard = run(actor(window, SignalLog(), FOLLOWING), closing(rows[100:106]))

    assert [item.ts_bar for item in heard[1:]] == [row.ts_open for row in rows[103:106]]
    assert {item.features[-3:] for item in heard[1:]} == {(0.0, 0.0, 0.0)}


def test_a_corrected_bar_of_the_reference_is_known_to_later_features():
    rows, others = walk(110), walk(110, seed=3)
    wrong = msgspec.structs.replace(others[100], close=others[100].close * 2)
    window, log = TwoWindows(rows[:101], [*others[:100], wrong]), SignalLog()
    window.rows = lambda name, *_: (
        rows[:101] if name == NAME else others[:101] if log.recent(NAME, "1m", 1) else window.others
    )
    heard = run(actor(window, log, FOLLOWING), [[], mended(others[100], OTHER), *closing(rows[101:104])])
    straight = run(actor(TwoWindows(rows[:101], others[:101]), SignalLog(), FOLLOWING), [[], *closing(rows[101:104])])

    assert plain(signals(heard)) == plain(signals(straight))


def signals(heard):
    return [item for item in heard if type(item) is Signal]


def test_the_reference_itself_has_none():
    window = TwoWindows(walk(100), walk(100, seed=3))
    both = SignalConfig(reference=ETH, backfill=5)
    log = SignalLog()
    run(actor(window, log, both), [[]])

    assert {item.features[-3:] for item in log.recent(ETH, "1m", 5)} == {(0.0, 0.0, 0.0)}
    assert (0.0, 0.0, 0.0) not in {item.features[-3:] for item in log.recent(NAME, "1m", 5)}
