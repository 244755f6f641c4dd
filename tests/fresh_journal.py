"""A new journal in a moment: its tables are made once for each run of the tests, then copied.

For tests of what stands in a journal; those of the journal itself make it from nothing.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from actors.store.journal import SqliteJournal
from actors.store.opening import open_writer

NAME = "journal.db"


def journal_in(folder):
    """Open the journal of a folder; one that is not there begins with nothing but its tables."""
    path = folder / NAME
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(empty())
    return SqliteJournal.open(path, "whisperer")


@cache
def empty():
    """Return a journal that holds nothing."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        open_writer(path).close()
        return path.read_bytes()
