"""The market of a node goes on where it was, whether the node was stopped or killed."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.market import SECOND_NS, TradeRow
from adapters.sim.market import SimMarket
from config.errors import ConfigError
from config.schema import SimSection
from tests.simulated import EVER, MINUTE, START, entry

ROOT = Path(__file__).parents[2]
SECTION = SimSection(history_days=1, instruments={"ABC": entry()})
CHILD = """
import asyncio, sys, time
from pathlib import Path
from adapters.player import Player
from adapters.sim.market import SimMarket
from config.schema import SimSection
from tests.simulated import START

class Printer:
    def deliver(self, events, position_ns):
        for event in events:
            if hasattr(event, "trade_id"):
                print(event.trade_id)
        sys.stdout.flush()

    def backlog(self):
        return 0

market = SimMarket(SimSection(history_days=1, speed=2000.0), Path(sys.argv[1]), START)
player, printer = Player(market.feed, speed=2000.0, allowed=market.marks.allowed), Printer()
player.attach(printer)
asyncio.run(player.run(printer))
"""


def test_it_begins_now_at_a_full_second(tmp_path):
    feed = SimMarket(SECTION, tmp_path, START).feed
    assert feed.position_ns == START - START % SECOND_NS


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01T01:00:00+01:00"])
def test_it_begins_where_the_configuration_says(tmp_path, text):
    feed = SimMarket(SimSection(start=text), tmp_path, 0).feed
    assert feed.position_ns == 1_767_225_600 * SECOND_NS


def test_a_start_that_is_no_time_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"sim\.start: must be ISO 8601.*'2026-99-01'"):
        SimMarket(SimSection(start="2026-99-01"), tmp_path, 0)


def test_after_a_stop_it_goes_on_without_a_gap(tmp_path):
    whole = SimMarket(SECTION, tmp_path / ".", START).feed.read(START + 4 * MINUTE, EVER)
    (tmp_path / "sim.json").unlink()
    first = SimMarket(SECTION, tmp_path, START)
    events = list(first.feed.read(START + MINUTE + 1, EVER))
    first.close()
    second = SimMarket(SECTION, tmp_path, START + 10**18)
    assert second.feed.position_ns == START + MINUTE + 1
    assert events + list(second.feed.read(START + 4 * MINUTE, EVER)) == whole


def test_after_a_crash_it_goes_on_behind_everything_played_and_history_has_the_rest(tmp_path):
    first = SimMarket(SECTION, tmp_path, START)
    until = first.marks.allowed(START + 5 * SECOND_NS)
    played = first.feed.read(until, EVER)
    again = SimMarket(SECTION, tmp_path, START).feed
    assert again.position_ns >= first.feed.position_ns
    after = again.read(again.position_ns + MINUTE, EVER)
    ids = [event.trade_id for event in [*played, *after] if isinstance(event, TradeRow)]
    assert len(ids) == len(set(ids)) > 60
    begin = START - START % SECOND_NS - MINUTE
    rows = again.history("ABC.SIM", "1s", begin, again.position_ns, 1_000)
    assert [row.ts_open for row in rows] == [*range(begin, again.position_ns - SECOND_NS + 1, SECOND_NS)]


def test_restart_begins_a_new_market_even_on_a_damaged_file(tmp_path):
    (tmp_path / "sim.json").write_text("damaged")
    section = SimSection(restart=True)
    assert SimMarket(section, tmp_path, START).feed.position_ns == START - START % SECOND_NS


def test_other_instruments_are_another_market_and_speed_is_not(tmp_path):
    SimMarket(SECTION, tmp_path, START).close()
    SimMarket(SimSection(history_days=1, speed=50.0, instruments={"ABC": entry()}), tmp_path, START).close()
    with pytest.raises(ConfigError, match=r"sim\.instruments was changed"):
        SimMarket(SimSection(history_days=1, instruments={"ABC": entry(volatility=0.1)}), tmp_path, START)


@pytest.mark.slow
async def test_killed_at_any_moment_no_trade_id_repeats(tmp_path):
    seen = []
    for lines in (1, 400, 900):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, str(tmp_path), cwd=ROOT, stdout=subprocess.PIPE
        )
        async with asyncio.timeout(120):
            seen += [(await child.stdout.readline()).decode() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
            seen += (await child.stdout.read()).decode().splitlines(keepends=True)
            await child.wait()
    whole = [line for line in seen if line.endswith("\n")]
    assert len(whole) > 1_300
    assert len(set(whole)) == len(whole)
