"""What a backtest leaves behind: files, a page, a table; and how its command ends."""

import io
import json
import re
import signal
import sys
import threading

import msgspec
import pytest

from config.errors import ConfigError
from config.load import load_config
from node.backtest.command import backtest_command, run_backtest, write_files
from node.backtest.report import progress_bar
from node.backtest.tearsheet import tearsheet
from run_node import main
from tests.node.backtests import EXAMPLE, config_of, plain
from tests.recordings import NAME, csv_of, minutes

pytestmark = pytest.mark.usefixtures("logs_as_before")


@pytest.fixture(scope="module")
def example():
    config = load_config(EXAMPLE, environ={})
    return config, run_backtest(config, EXAMPLE.parent)


def test_result_files_are_whole_and_named_by_what_decides_them(tmp_path, example):
    config, result = example

    paths = write_files(result, tmp_path / "results", has_page=True)
    other = run_backtest(msgspec.structs.replace(config, signals=()), EXAMPLE.parent)

    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == sorted(path.name for path in paths)
    assert {path.suffix for path in paths} == {".json", ".html"}
    assert json.loads(paths[0].read_text())["strategy"]["final_equity"] == result.strategy.final_equity
    assert other.file_stem != result.file_stem


def test_where_results_go_does_not_change_them(tmp_path, example):
    config, result = example
    backtest = msgspec.structs.replace(config.backtest, results_dir=str(tmp_path))

    other = run_backtest(msgspec.structs.replace(config, backtest=backtest), EXAMPLE.parent)

    assert other.to_json() == result.to_json()


def test_a_folder_that_cannot_be_written_is_told(tmp_path, example):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=r"backtest\.results_dir: .* cannot be written"):
        write_files(example[1], tmp_path / "file" / "results", has_page=False)


def test_the_tearsheet_needs_nothing_from_elsewhere_and_escapes_names(example):
    result = example[1]
    page = tearsheet(msgspec.structs.replace(result, name="<b>&"))

    assert not re.search(r"https?://|<script|<link|@import|url\(", page)
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page
    assert result.data[0].sha256[:16] in page


def test_the_command_prints_a_table_and_writes_files(tmp_path, capsys):
    config = config_of(tmp_path, plain("RoundTrip"))

    assert backtest_command(config, tmp_path) == 0

    out, err = capsys.readouterr()
    told = " ".join(out.split())
    assert "buy and hold" in told
    assert "orders 2 (2 filled, 0 refused)" in told
    assert "PnL after fees" in told
    assert err == ""
    assert len(list((tmp_path / "var" / "results").iterdir())) == 2


def test_the_command_prints_json_alone_when_asked(tmp_path, capsys):
    assert backtest_command(config_of(tmp_path), tmp_path, json_only=True) == 0

    assert json.loads(capsys.readouterr().out)["bars"] == 50


def test_the_command_tells_a_failed_strategy_in_one_line(tmp_path, capsys):
    assert backtest_command(config_of(tmp_path, plain("Failing")), tmp_path) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip().splitlines()[-1].startswith("whisperer: plain-001 failed in Failing.on_bar")


@pytest.fixture
def ctrl_c_raises():
    """Have Ctrl-C mean what it does in a fresh process, whatever another test has left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_raises")
def test_ctrl_c_while_a_bar_is_handled_ends_it_without_a_result(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        backtest_command(config_of(tmp_path, plain("Interrupted")), tmp_path)

    assert capsys.readouterr().out == ""
    assert not (tmp_path / "var" / "results").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_progress(tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)

    backtest_command(config_of(tmp_path), tmp_path, json_only=True)

    assert "50/50" in terminal.getvalue()


def test_progress_is_drawn_by_no_thread_of_its_own(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    before = set(threading.enumerate())

    with progress_bar(terminal) as progress:
        progress(1, 50)
        assert set(threading.enumerate()) <= before

    assert "1/50" in terminal.getvalue()


def toml_of(folder):
    path = folder / "my.toml"
    path.write_text(
        f'market = "replay"\n[node]\nstate_dir = "{folder / "var"}"\n[replay]\nwarmup_bars = 5\n'
        f'[replay.instruments."{NAME}"]\nfile = "bars.csv"\nbase = "BTC"\nprice_precision = 2\nsize_precision = 3\n'
        'maker_fee = "0"\ntaker_fee = "0"\n'
    )
    return str(path)


def test_the_command_line_runs_a_file_beside_its_configuration(tmp_path, capsys):
    csv_of(tmp_path, *minutes(30))

    assert main(["backtest", toml_of(tmp_path), "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["signals"]["total"] == 25


def test_the_command_line_tells_a_bad_row_in_one_line_with_exit_code_2(tmp_path, capsys):
    rows = minutes(30)
    rows[20] = rows[19]
    csv_of(tmp_path, *rows)

    assert main(["backtest", toml_of(tmp_path)]) == 2

    expected = (
        f"whisperer: {tmp_path}/bars.csv, row 22: time stamp is that of the row before: expected one row per bar\n"
    )
    assert capsys.readouterr().err == expected
