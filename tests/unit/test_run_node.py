"""The command line: help without loading, one line and exit code 2 for a mistake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import run_node

pytestmark = pytest.mark.usefixtures("logs_as_before")

ROOT = Path(__file__).parents[2]


def test_help_is_for_people_and_loads_nothing():
    code = "import sys, run_node\ntry: run_node.main(['--help'])\nexcept SystemExit: pass\nprint(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "examples:" in done.stdout
    assert "nautilus" not in done.stdout.splitlines()[-1]
    assert int(done.stdout.splitlines()[-1]) < 200


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["live", "--set", "server.prot=1"], "--set server.prot: unknown key"),
        (["live", "--config", "nothing.toml"], "nothing.toml: expected a configuration file"),
        (["live", "--set", "server.host=0.0.0.0"], "server.host: expected a loopback address"),
        (["backtest", "nothing.toml"], "nothing.toml: expected a configuration file"),
        (["watch", "status", "--url", "ftp://there"], "--url: expected http://HOST:PORT, was 'ftp://there'"),
        (["watch", "status", "--set", "server.port=0"], "server.port is 0"),
        (["config", "check", "--set", "sim.speed=fast"], "--set sim.speed: sim.speed: Expected `float`"),
        (["config", "check", "--set", "sim.\nspeed=1"], "--set sim. speed: unknown key"),
        (
            ["config", "check", "--set", "ws.default_dialect=morse"],
            "--set ws.default_dialect: ws.default_dialect: expected one of",
        ),
        (
            ["config", "check", "--set", "signals.0.predictors.0.name=oracle"],
            "--set signals.0.predictors.0.name: signals[0].predictors: unknown",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, expected, capsys):
    assert run_node.main(arguments) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert expected in line


def test_what_only_the_market_shows_names_the_file_or_the_variable_too(tmp_path, monkeypatch, capsys):
    path = tmp_path / "my.toml"
    path.write_text('[dialects]\ndefault_venue = "MOON"\n[[strategies]]\nname = "oracle"\n')

    assert run_node.main(["config", "check", "--config", str(path)]) == 2
    monkeypatch.setenv("WHISPERER__DIALECTS__DEFAULT_VENUE", "SIM")
    assert run_node.main(["config", "check", "--config", str(path)]) == 2
    monkeypatch.setenv("WHISPERER__WS__DEFAULT_DIALECT", "morse")
    assert run_node.main(["config", "check", "--config", str(path)]) == 2

    first, second, third = capsys.readouterr().err.splitlines()
    assert first.startswith(f"whisperer: {path}: dialects.default_venue: expected one of SIM, was 'MOON'")
    assert second.startswith(f"whisperer: {path}: strategies[0].name: unknown strategy 'oracle', known: ")
    assert third.startswith("whisperer: WHISPERER__WS__DEFAULT_DIALECT: ws.default_dialect: expected one of")


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        run_node.main(["lvie"])

    assert ended.value.code == 2


@pytest.mark.parametrize("number", ["nan", "inf", "0", "-1", "often", "1001"])
def test_a_rate_that_is_none_is_refused_before_anybody_is_asked(number, capsys):
    with pytest.raises(SystemExit) as ended:
        run_node.main(["watch", "status", "--max-hz", number])

    assert ended.value.code == 2
    assert "argument --max-hz: " in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_no_error():
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} run_node.py config schema | true",
        cwd=ROOT,
        capture_output=True,
        text=True,
        shell=True,
        executable="/bin/bash",
        check=False,
    )

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_one_line(unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "run_node.py", "config", "show"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "whisperer: the output cannot be written: No space left on device\n"


def test_what_talks_to_a_node_loads_no_engine():
    code = "import sys, node.remote.record, node.remote.watch; print([one for one in HEAVY if one in sys.modules])"
    code = code.replace("HEAVY", str(["nautilus_trader", "numpy", "pandas", "pyarrow", "redis"]))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
