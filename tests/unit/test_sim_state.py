"""The market's place on disk: ahead of what was played, exact after a stop, and never another market's."""

import itertools
import os

import msgspec
import pytest

from actors.market import SECOND_NS
from adapters.sim import state
from adapters.sim.state import LEAD_S, Market, Marks, Position
from config.errors import ConfigError

MARKET = Market(seed=42, start="", history_days=30, instruments="abc")
BEGIN = 1_000 * SECOND_NS
POSITION = Position(market=MARKET, first_start_ns=BEGIN, resume_ns=BEGIN)
LEAD = int(LEAD_S) * SECOND_NS


@pytest.fixture
def path(tmp_path):
    return tmp_path / state.FILE_NAME


class Disk:
    """A disk that can be full, and one write of which can be waited for."""

    def __init__(self):
        self.is_full = False
        self.writes = []

    def __call__(self, path, position):
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.writes.append(position.resume_ns)


def moved(marks, until, *, seconds=1):
    """Let market time go on in small steps, as a player does, with time for the writer; return where it stands."""
    at = BEGIN
    for at in range(BEGIN, until + 1, seconds * SECOND_NS):
        for _ in range(10_000):
            if marks.allowed(at) == at:
                break
            os.sched_yield()
    return at


def test_nothing_stored_is_a_first_start(path):
    assert state.load(path, MARKET) is None


def test_what_was_saved_is_loaded(path):
    state.save(path, POSITION)
    assert state.load(path, MARKET) == POSITION
    assert [*path.parent.iterdir()] == [path]


def test_a_failing_write_leaves_the_old_file(path):
    state.save(path, POSITION)
    path.with_suffix(".tmp").mkdir()
    with pytest.raises(OSError):
        state.save(path, msgspec.structs.replace(POSITION, resume_ns=BEGIN + 1))
    assert state.load(path, MARKET) == POSITION


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b"[" * 100_000,
        msgspec.json.encode(POSITION)[:-5],
        msgspec.json.encode(POSITION).replace(b"42", b'"42"'),
        msgspec.json.encode(POSITION).replace(b'"version":1', b'"version":2'),
        msgspec.json.encode(POSITION).replace(b'"version":1', b'"version":1,"more":1'),
        msgspec.json.encode(msgspec.structs.replace(POSITION, resume_ns=BEGIN - 1)),
        msgspec.json.encode(msgspec.structs.replace(POSITION, first_start_ns=-5)),
        msgspec.json.encode(msgspec.structs.replace(POSITION, resume_ns=2**63 - 1)),
        msgspec.json.encode(msgspec.structs.replace(POSITION, resume_ns=2**64 - 1)),
    ],
)
def test_a_damaged_file_is_refused_and_the_way_out_is_told(path, body):
    path.write_bytes(body)
    with pytest.raises(ConfigError, match=r"sim\.json: damaged.*sim\.restart = true"):
        state.load(path, MARKET)


def test_a_file_that_cannot_be_read_is_refused(path):
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        state.load(path, MARKET)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("seed", 43, r"sim\.seed is 43, but the stored market began with 42"),
        ("start", "2026-01-01", r"sim\.start is '2026-01-01', but the stored market began with ''"),
        ("history_days", 60, r"sim\.history_days is 60"),
        ("instruments", "def", r"sim\.instruments was changed"),
    ],
)
def test_the_place_of_another_market_is_refused(path, key, value, text):
    state.save(path, POSITION)
    with pytest.raises(ConfigError, match=rf"{text}.*sim\.restart = true"):
        state.load(path, msgspec.structs.replace(MARKET, **{key: value}))


def test_the_mark_on_disk_is_always_ahead_of_market_time():
    disk = Disk()
    marks = Marks(path, POSITION, speed=1.0, write=disk)
    assert disk.writes == [BEGIN + LEAD]
    for at in range(BEGIN, BEGIN + 5 * LEAD, SECOND_NS):
        assert marks.allowed(at) <= disk.writes[-1]
    marks.close(BEGIN + 5 * LEAD)
    assert disk.writes[-1] == BEGIN + 5 * LEAD
    assert all(before < after for before, after in itertools.pairwise(disk.writes[:-1]))


def test_marks_are_written_seldom():
    disk = Disk()
    marks = Marks(path, POSITION, speed=100.0, write=disk)
    moved(marks, BEGIN + 100 * 100 * SECOND_NS, seconds=10)
    marks.close(BEGIN)
    assert 5 <= len(disk.writes) <= 2 + 100 / (LEAD_S / 2)


def test_a_full_disk_is_told_and_the_market_goes_on():
    disk = Disk()
    marks = Marks(path, POSITION, speed=1.0, write=disk)
    disk.is_full = True
    assert moved(marks, BEGIN + 5 * LEAD) == BEGIN + 5 * LEAD
    assert "No space left" in marks.error
    disk.is_full = False
    for at in itertools.count(BEGIN + 5 * LEAD, SECOND_NS):
        marks.allowed(at)
        if marks.error is None:
            break
    marks.close(BEGIN)
    assert marks.error is None


def test_a_full_disk_at_the_end_is_told():
    disk = Disk()
    marks = Marks(path, POSITION, speed=1.0, write=disk)
    disk.is_full = True
    marks.close(BEGIN)
    assert "No space left" in marks.error


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"sim\.json: cannot be written: No such file"):
        Marks(tmp_path / "absent" / state.FILE_NAME, POSITION, speed=1.0)
