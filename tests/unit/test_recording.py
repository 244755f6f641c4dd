"""The folder of a recording: what is in it at any moment can be played, and says what is missing."""

import asyncio
import gc
import json
import tomllib
from pathlib import Path

import msgspec
import pytest
from whisperer_client import ClosedError
from whisperer_client.types import InstrumentItem

from adapters.replay.feed import ReplayFeed
from config.errors import ConfigError
from config.load import load_config
from node.remote.options import wanted_of
from node.remote.record import Recorder, Wanted
from node.remote.recording import About, Recording, TimeWentBackError
from node.remote.rows_file import RecordingError

MINUTE = 60_000_000_000
START = 28_333_333 * MINUTE


def item(instrument_id="BTC-USDT.SIM", **changes):
    symbol, _, venue = instrument_id.partition(".")
    fields = {
        "instrument_id": instrument_id, "symbol": symbol, "venue": venue, "kind": "spot",
        "base_currency": symbol.partition("-")[0], "quote_currency": "USDT", "settlement_currency": "USDT",
        "price_precision": 1, "size_precision": 3, "price_increment": "0.1", "size_increment": "0.001",
        "maker_fee": "0.0008", "taker_fee": "0.001", "intervals": ["1m"], "has_trades": True,
        "ticks": ["trades", "quotes", "book"], "min_quantity": "0.001",
    }  # fmt: skip
    known = {name: value for name, value in (fields | changes).items() if name in InstrumentItem.__struct_fields__}
    rest = {name: None for name in InstrumentItem.__struct_fields__ if name not in known}
    rest |= {"multiplier": "1", "margin_init": "0", "margin_maint": "0", "ts_event": 0}
    return msgspec.convert(rest | known, InstrumentItem)


def recording(folder, *instruments):
    return Recording(folder, instruments or (item(),), About(node="n", url="http://there", version="0"))


def trade(recorded, ts, number, name="BTC-USDT.SIM"):
    recorded.add(name, "trades", ts, [f"{ts},100.5,0.250,buy,t{number}"])


def bars(recorded, count, name="BTC-USDT.SIM"):
    for number in range(count):
        ts = START + (number - count) * MINUTE
        recorded.add(name, "bars", ts, [f"{ts},100.0,101.0,99.0,100.5,2.000"])


def played(folder):
    config = load_config(folder / "replay.toml")
    return ReplayFeed.from_config(config.replay, folder)


def test_what_is_written_is_what_is_played(tmp_path):
    recorded = recording(tmp_path / "r")
    bars(recorded, 3)
    for number in range(4):
        trade(recorded, START + number * MINUTE // 2 + 5, number)
    recorded.add("BTC-USDT.SIM", "quotes", START + MINUTE + 7, [f"{START + MINUTE + 7},100.0,1.000,101.0,2.000"])
    step = f"{START + MINUTE + 6},90,"
    recorded.add(
        "BTC-USDT.SIM",
        "book",
        START + MINUTE + 6,
        [f"{step}snapshot,bid,100.0,1.000", f"{step}snapshot,ask,101.0,2.000"],
    )
    recorded.close(is_complete=True)
    feed = played(tmp_path / "r")
    feed.want_book("BTC-USDT.SIM", is_wanted=True)
    events = list(feed.read(START + 10 * MINUTE, 1_000))

    assert feed.kinds("BTC-USDT.SIM") == {"trades", "quotes", "book"}
    assert len(feed.history("BTC-USDT.SIM", "1m", None, START, 10)) == 3
    assert {type(one).__name__ for one in events} == {"TradeRow", "QuoteRow", "BookRow"}
    assert [one.trade_id for one in events if type(one).__name__ == "TradeRow"] == ["t2", "t3"]


def test_at_any_flush_the_folder_can_be_played(tmp_path):
    recorded = recording(tmp_path / "r", item(), item("ETH-USDT.SIM"))
    bars(recorded, 2)
    recorded.flush()
    assert set(played(tmp_path / "r").instruments) == {"BTC-USDT.SIM"}
    trade(recorded, START + 5, 1)
    trade(recorded, START + 9, 2)
    recorded.flush()
    assert played(tmp_path / "r").kinds("BTC-USDT.SIM") == {"trades"}
    trade(recorded, START + MINUTE, 3)
    bars(recorded, 1, "ETH-USDT.SIM")
    recorded.flush()
    files = tomllib.loads((tmp_path / "r" / "replay.toml").read_text())["replay"]["instruments"]
    assert [one["data"] for one in files["BTC-USDT.SIM"]["files"]] == ["bars", "trades"]
    assert [one["data"] for one in files["ETH-USDT.SIM"]["files"]] == ["bars"]
    assert json.loads((tmp_path / "r" / "recording.json").read_text())["is_complete"] is False


def test_a_perpetual_keeps_its_margins(tmp_path):
    recorded = recording(
        tmp_path / "r", item(kind="perpetual", margin_init="0.01", margin_maint="0.004", min_quantity=None)
    )
    bars(recorded, 2)
    recorded.close(is_complete=True)
    [one] = played(tmp_path / "r").instruments.values()

    assert (one.kind, one.margin_init, one.margin_maint, one.min_quantity) == ("perpetual", "0.01", "0.004", None)


def test_what_is_missing_is_told(tmp_path):
    recorded = recording(tmp_path / "r")
    bars(recorded, 1)
    recorded.note("BTC-USDT.SIM", "bars", "bars were lost")
    recorded.note("BTC-USDT.SIM", "book", "nothing yet")
    recorded.close(is_complete=False)
    about = json.loads((tmp_path / "r" / "recording.json").read_text())

    assert [(one["kind"], one["ts"], one["text"]) for one in about["notes"]] == [
        ("bars", START - MINUTE, "bars were lost"),
        ("book", None, "nothing yet"),
    ]
    assert about["rows"] == {"BTC-USDT.SIM.bars.csv": 1}


def test_market_time_that_goes_back_ends_it(tmp_path):
    recorded = recording(tmp_path / "r")
    trade(recorded, START + 5, 1)
    trade(recorded, START + 5, 2)
    with pytest.raises(TimeWentBackError):
        trade(recorded, START + 4, 3)


@pytest.mark.parametrize("name", ["mine", "folder"])
def test_a_folder_that_holds_something_is_refused(tmp_path, name):
    (tmp_path / name).mkdir() if name == "folder" else (tmp_path / name).write_text("")
    with pytest.raises(RecordingError, match="expected a new or an empty folder"):
        recording(tmp_path)
    with pytest.raises(RecordingError, match="cannot be made"):
        recording(Path("/proc/nowhere"))


class TestOptions:
    def test_texts_become_what_is_wanted(self):
        wanted = wanted_of(
            Path("a"), instruments=["A.B,C.D", "E.F"], channels=["trades, book"], history=5, duration="1.5m",
            until="2026-01-31T12:00:00Z",
        )  # fmt: skip

        assert wanted.instruments == ("A.B", "C.D", "E.F")
        assert wanted.kinds == ("trades", "book")
        assert (wanted.duration_s, wanted.until_ms) == (90.0, 1_769_860_800_000)

    @pytest.mark.parametrize(
        ("option", "text", "expected"),
        [
            ("channels", ["ticks"], "--channels: expected some of bars, trades, quotes, book, was 'ticks'"),
            ("duration", "soon", "--duration: expected seconds"),
            ("duration", "0", "--duration: expected seconds"),
            ("until", "noon", "--until: expected a time as"),
        ],
    )
    def test_a_mistake_names_its_option(self, option, text, expected):
        options = {"instruments": [], "channels": [], "history": 1, "duration": None, "until": None, option: text}
        with pytest.raises(ConfigError, match=expected):
            wanted_of(Path("a"), **options)


class EndingClient:
    """Every stream fails in the same turn, as when a node closes the connection for good."""

    connections = 1

    def __init__(self):
        self.closed = asyncio.Event()

    async def bars(self, *_, **__):
        await self.closed.wait()
        raise ClosedError(4401, "session_revoked")
        yield

    trades = quotes = order_book = bars


async def test_a_connection_that_ends_for_good_is_told_once(tmp_path, capsys):
    unread = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context["message"]))
    client, recorded = EndingClient(), recording(tmp_path / "out")
    asyncio.get_running_loop().call_later(0.02, client.closed.set)

    code = await Recorder(client, recorded, Wanted(folder=tmp_path / "out")).run([item()])
    gc.collect()

    assert (code, unread) == (1, [])
    assert capsys.readouterr().err.count("closed by the node with 4401: session_revoked") == 1
