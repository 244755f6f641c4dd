"""Every line is one JSON event, whoever wrote it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from node.logs import relog

ROOT = Path(__file__).parents[2]
ENGINE_ERROR = "2026-01-02T03:04:05.678901234Z [ERROR] T-001.nautilus_common::actor: Python on_trade failed:"


def collect(lines):
    found = []
    relog(lines, lambda event, **fields: found.append({"event": event, **fields}))
    return found


def test_an_engine_record_and_its_traceback_are_one_event():
    [event] = collect([ENGINE_ERROR, "Traceback (most recent call last):", "ValueError: boom", ""])

    assert event["service"] == "engine"
    assert event["component"] == "T-001.nautilus_common::actor"
    assert event["message"].endswith("ValueError: boom")


def test_other_output_is_kept_apart_from_engine_records():
    events = collect(["thread panicked", "at line 3", ENGINE_ERROR])

    assert [e["event"] for e in events] == ["captured_output", "engine_message"]
    assert events[0]["message"] == "thread panicked\nat line 3"


def run(code, tmp_path):
    script = (
        "import os, sys, asyncio, warnings\n"
        "from pathlib import Path\n"
        "from config.schema import LogSection\n"
        "from node.logs import OutputCapture, configure_logs, log\n"
        f"capture = OutputCapture(Path({str(tmp_path / 'output.log')!r}), rotate_bytes=2000)\n"
        "capture.start()\n"
        "configure_logs(LogSection(format='json'), capture.stream)\n" + code
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("broken", ["open('/dev/full', 'w', buffering=1)", "os.fdopen(pipe(), 'w', buffering=1)"])
def test_a_log_that_cannot_be_written_stops_nobody(tmp_path, broken):
    code = (
        "import logging\n"
        "from prometheus_client import REGISTRY\n"
        "def pipe():\n"
        "    reader, writer = os.pipe()\n"
        "    os.close(reader)\n"
        "    return writer\n"
        f"broken = {broken}\n"
        "configure_logs(LogSection(format='json'), broken)\n"
        "for _ in range(3):\n"
        "    log.info('something', text='x' * 9000)\n"
        "    logging.getLogger('library').warning('something else')\n"
        "lost = REGISTRY.get_sample_value('whisperer_log_writes_lost_total')\n"
        "configure_logs(LogSection(format='json'), capture.stream)\n"
        "log.info('still_here', is_counted=lost >= 6)\n"
        "capture.stop()\n"
        "os._exit(0)\n"  # the broken stream would complain once more
    )
    [event] = run(code, tmp_path)
    assert (event["event"], event["is_counted"]) == ("still_here", True)


def test_only_what_is_known_to_be_harmless_is_told_at_debug(tmp_path):
    empty = "Received empty Bar response for X.SIM-1-MONTH-LAST-EXTERNAL 9a728b7f-e139-4670-8fd6-84542960a9cd"
    stamp = "2026-01-02T03:04:05.0Z"
    lines = [
        f"{stamp} [WARN] T.DataEngine: {empty}",
        f"{stamp} [ERROR] T.DataEngine: {empty}",
        f"{stamp} [WARN] T.DataEngine: {empty}: no such venue",
        f"{stamp} [WARN] T.DataEngine: {empty}",
        "thread panicked",
        empty,
    ]
    written = "\n".join([*lines, ""]).encode()
    code = f"configure_logs(LogSection(format='json', level='debug'), capture.stream)\nos.write(2, {written!r})\n"
    events = run(code, tmp_path)

    assert [e["level"] for e in events] == ["debug", "error", "warning", "warning"]
    assert [e["message"] for e in events] == [
        empty,
        empty,
        f"{empty}: no such venue",
        f"{empty}\nthread panicked\n{empty}",
    ]


def test_all_that_is_written_ends_as_json_on_stderr(tmp_path):
    events = run(
        "print('to stdout', flush=True)\n"
        f"os.write(2, {(ENGINE_ERROR + chr(10)).encode()!r})\n"
        "capture.drain()\n"
        "warnings.warn('careful')\n"
        "log.info('line\\nbroken', user='x\\r\\ny')\n"
        "raise ValueError('boom')\n",
        tmp_path,
    )

    assert [e["event"] for e in events if "careful" not in e["event"]] == [
        "captured_output",
        "engine_message",
        "line\nbroken",
        "uncaught_exception",
    ]
    assert {"timestamp", "level", "service"} <= events[0].keys()
    assert "ValueError: boom" in events[-1]["exception"]


def test_rotation_loses_no_line(tmp_path):
    events = run(
        "for i in range(500):\n"
        "    os.write(1 + i % 2, f'2026-01-02T03:04:05.0Z [WARN] T.x: line {i}\\n'.encode())\n"
        "    if i % 7 == 0: capture.drain()\n",
        tmp_path,
    )

    assert [e["message"] for e in events] == [f"line {i}" for i in range(500)]


@pytest.mark.slow
def test_what_was_logged_before_a_crash_is_logged_once_more_and_not_at_every_start(tmp_path):
    run("os.write(2, b'last words\\n'); os._exit(1)\n", tmp_path)
    again = run("capture.drain(); os.write(2, b'new words\\n'); capture.drain(); os._exit(1)\n", tmp_path)
    [event] = run("", tmp_path)

    assert [one["message"] for one in again] == ["last words", "new words"]
    assert event["message"] == "new words"


@pytest.mark.slow
def test_what_a_crash_left_is_logged_by_the_next_start(tmp_path):
    run("os.write(2, b'last words\\n'); os._exit(1)\n", tmp_path)

    [event] = run("", tmp_path)

    assert event["message"] == "last words"
    assert not (tmp_path / "output.log").exists()
