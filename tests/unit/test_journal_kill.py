"""kill -9 at random moments under load: nothing acknowledged is lost, nothing doubled, positions are their fills."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from actors.store.check import problems
from actors.store.opening import open_reader
from tests.conftest import CHAOS
from tests.journal_rows import query

ROOT = Path(__file__).parents[2]
ROUNDS = 50 if CHAOS else 5
FIRST = 11
"""So many fills each load tells before it may be killed, however slow the machine is."""


def run_and_kill(path, first, delay_s):
    """Let the load run, kill it a while after its first fills; return what was acknowledged: intents and told ones."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "tests/journal_load.py", str(path), str(first)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    said = {"S": [], "D": [], "T": []}
    timer = threading.Timer(delay_s, process.send_signal, (signal.SIGKILL,))
    for line in process.stdout:
        kind, number = line.split()
        said[kind].append(int(number))
        if kind == "T" and len(said["T"]) == FIRST:
            timer.start()
    timer.cancel()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    return said["D"], said["T"]


@pytest.mark.slow
@pytest.mark.property
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    path, rng = tmp_path / "journal.db", random.Random(None if CHAOS else 5)
    durable, told = [], []
    for _ in range(ROUNDS):
        first = query(path, "SELECT count(*) FROM fills")[0][0] if path.exists() else 0
        intents, fills = run_and_kill(path, first, rng.uniform(0.0, 0.35))
        durable += intents
        told += fills

        orders = [int(text) for (text,) in query(path, "SELECT order_id FROM orders")]
        filled = [int(text) for (text,) in query(path, "SELECT order_id FROM fills")]
        assert set(durable) <= set(orders)
        assert set(told) <= set(filled)
        assert len(set(orders)) == len(orders)
        assert sorted(filled) == list(range(len(filled)))
        connection = open_reader(path)
        assert problems(connection) == []
        connection.close()
    assert len(told) >= FIRST * ROUNDS
