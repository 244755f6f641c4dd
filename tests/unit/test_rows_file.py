"""Files of a recording: whole units, whatever happens to the disk or the process."""

import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.remote.rows_file import MOST_BUFFERED, RecordingError, RowsFile

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from node.remote.rows_file import RowsFile
file = RowsFile(Path(sys.argv[1]), "ts,n")
for number in range(20_000):
    file.append(number, [f"{number},bid", f"{number},ask"])
    if number == 19_000:
        file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def disk_of(size):
    """Refuse what would make a file longer, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, kept)


def test_rows_come_after_the_header_in_order(tmp_path):
    file = RowsFile(tmp_path / "a.csv", "ts,n")
    file.append(1, ["1,a", "1,b"])
    file.append(2, ["2,c"])
    file.close()

    assert (tmp_path / "a.csv").read_text() == "ts,n\n1,a\n1,b\n2,c\n"
    assert (file.rows, file.first_ts, file.last_ts) == (3, 1, 2)


def test_a_full_disk_leaves_whole_units_and_says_so(tmp_path):
    file = RowsFile(tmp_path / "a.csv", "ts,n")
    file.append(1, ["1,aaaa", "1,bbbb"])
    file.flush()
    with disk_of(30):
        file.append(2, ["2,aaaa", "2,bbbb"])
        with pytest.raises(RecordingError, match=r"a\.csv: cannot be written: File too large"):
            file.flush()

    assert (tmp_path / "a.csv").read_text() == "ts,n\n1,aaaa\n1,bbbb\n"
    assert file.rows == 2


def test_a_killed_process_leaves_whole_units(tmp_path):
    path = tmp_path / "a.csv"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    header, *lines = path.read_text().split("\n")

    assert done.returncode == -signal.SIGKILL
    assert (header, lines.pop()) == ("ts,n", "")
    assert len(lines) >= 2 * 19_001
    assert lines == [f"{number},{side}" for number in range(len(lines) // 2) for side in ("bid", "ask")]


def test_much_is_written_at_once(tmp_path):
    file = RowsFile(tmp_path / "a.csv", "ts")
    file.append(1, ["1" * MOST_BUFFERED])

    assert (tmp_path / "a.csv").stat().st_size > MOST_BUFFERED


def test_a_file_that_exists_is_not_written_over(tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(RecordingError, match="File exists"):
        RowsFile(tmp_path / "a.csv", "ts")
