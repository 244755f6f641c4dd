"""A recorded file is read exactly, or refused with file, row and reason."""

import gzip
import hashlib
import zipfile

import pytest
import structlog

from actors.market import BarRow
from config.errors import ConfigError, MarketDataError
from config.recorded import ReplayColumns
from tests.recordings import BEGIN, HEADER, MINUTE, csv_of, minutes, read

GOOD = "2022-01-01 00:00:00,100,101.5,99,100.25,1.125"
NEXT = "2022-01-01 00:01:00,100.25,100.25,100.25,100.25,0"


def test_bars_are_read_as_exact_integers(tmp_path):
    recording = read(csv_of(tmp_path, GOOD, NEXT))

    assert recording.rows.part(0, 9).bar_rows() == [
        BarRow(BEGIN, 10000, 10150, 9900, 10025, 1125),
        BarRow(BEGIN + MINUTE, 10025, 10025, 10025, 10025, 0),
    ]
    assert recording.times.tolist() == [BEGIN + MINUTE, BEGIN + 2 * MINUTE]


def test_instrument_and_fees_come_from_the_configuration(tmp_path):
    instrument = read(csv_of(tmp_path, GOOD), min_quantity="0.005", maker_fee="-0.0001").instrument

    assert (instrument.symbol, instrument.venue, instrument.price_increment) == ("BTC-USDT", "REPLAY", "0.01")
    assert (instrument.min_quantity, instrument.maker_fee, instrument.taker_fee) == ("0.005", "-0.0001", "0.001")


def test_sha256_is_that_of_the_file(tmp_path):
    path = csv_of(tmp_path, GOOD)

    assert read(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


BAD_ROWS = {
    "unsorted": ([NEXT, GOOD], "row 3: time stamp is earlier than the one before"),
    "duplicate": ([GOOD, GOOD], "row 3: time stamp is that of the row before"),
    "off the grid": (["2022-01-01 00:00:30,1,1,1,1,1"], "row 2: 2022-01-01T00:00:30"),
    "negative price": (["2022-01-01 00:00:00,1,1,-1,1,1"], "row 2: low is negative"),
    "zero price": (["2022-01-01 00:00:00,1,1,0,1,1"], "row 2: low is zero"),
    "negative volume": (["2022-01-01 00:00:00,1,1,1,1,-0.5"], "row 2: volume is negative"),
    "nan": ([GOOD, "2022-01-01 00:01:00,1,nan,1,1,1"], "row 3: high: expected a number, found 'nan'"),
    "infinity": (["2022-01-01 00:00:00,1,inf,1,1,1"], "row 2: high: expected a number, found 'inf'"),
    "empty value": (["2022-01-01 00:00:00,1,,1,1,1"], "row 2: high: expected a number, found nothing"),
    "underscore": (["2022-01-01 00:00:00,1_0,1,1,1,1"], "row 2: open: expected a number, found '1_0'"),
    "other digits": (["2022-01-01 00:00:00,\uff11,1,1,1,1"], "row 2: open: expected a number"),
    "high below low": (["2022-01-01 00:00:00,2,1,2,1,1"], "row 2: high is below low"),
    "open outside": (["2022-01-01 00:00:00,3,2,1,1,1"], "row 2: open is outside low..high"),
    "close outside": (["2022-01-01 00:00:00,1,2,1,3,1"], "row 2: close is outside low..high"),
    "too many places": (["2022-01-01 00:00:00,1,1,1,1.001,1"], "row 2: close 1.001 has 3 decimal places, price_preci"),
    "small exponent": (["2022-01-01 00:00:00,1,1,1,1e-3,1"], "row 2: close 1e-3 has 3 decimal places"),
    "fine volume": (["2022-01-01 00:00:00,1,1,1,1,1.0005"], "row 2: volume 1.0005 has 4 decimal places, size_precis"),
    "huge price": (["2022-01-01 00:00:00,1,1e300,1,1,1"], "row 2: high is too large"),
    "long price": (["2022-01-01 00:00:00,1,99999999999999999999,1,1,1"], "row 2: high is too large"),
    "no time": (["yesterday,1,1,1,1,1"], "row 2: expected a time stamp, found 'yesterday'"),
    "no day": (["2022-02-30 00:00:00,1,1,1,1,1"], "row 2: expected a time stamp"),
    "number as time": (["1640995200,1,1,1,1,1"], "row 2: time stamp 1640995200 is a number, so `unit` must say"),
    "before 1970": (["1960-01-01,1,1,1,1,1"], "row 2: time stamp is not after 1970"),
    "year one": (["0001-01-01T00:00:00,1,1,1,1,1"], "row 2: time stamp '0001-01-01T00:00:00' is too early"),
    "five thousand digits": ([f"2022-01-01 00:00:00,1,{'9' * 5_000},1,1,1"], "row 2: high is too large"),
    "far future": (["9999-01-01,1,1,1,1,1"], "row 2: time stamp '9999-01-01' is too late"),
    "zone and none": ([GOOD, "2022-01-01T00:01:00Z,1,1,1,1,1"], "row 3: time stamp '2022-01-01T00:01:00Z' has a zone"),
    "too few values": ([GOOD, "2022-01-01 00:01:00,1,1"], "row 3: expected 6 values, found 3"),
    "too many values": ([GOOD + ",7"], "row 2: expected 6 values, found 7"),
    "open quote": ([GOOD, '"2022'], "row 3: unexpected end of data"),
    "volumes overflow": ([f"2022-01-01 00:0{n}:00,1,1,1,1,3e15" for n in range(3)], "row 3: volume is too large: all"),
    "no rows": ([], "bars.csv: expected rows, found none"),
}


@pytest.mark.parametrize(("rows", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused_by_file_row_and_reason(tmp_path, rows, reason):
    with pytest.raises(MarketDataError) as error:
        read(csv_of(tmp_path, *rows))

    assert f"{tmp_path / 'bars.csv'}" in str(error.value)
    assert reason in str(error.value)


def test_the_row_is_the_line_of_the_file_also_after_empty_lines(tmp_path):
    with pytest.raises(MarketDataError, match="row 5: high is below low"):
        read(csv_of(tmp_path, GOOD, "", "", "2022-01-01 00:01:00,2,1,2,1,1"))


def test_missing_file_column_and_format_are_told(tmp_path):
    with pytest.raises(MarketDataError, match=r"bars\.csv: cannot be read: No such file"):
        read(tmp_path / "bars.csv")
    with pytest.raises(MarketDataError, match=r"expected one column 'volume', found none; columns: timestamp, open"):
        read(csv_of(tmp_path, "x", header="timestamp,open,high,low,close,vol"))
    with pytest.raises(MarketDataError, match="expected one column 'open', found 2 of them"):
        read(csv_of(tmp_path, "x", header="timestamp,open,open,high,low,close,volume"))
    with pytest.raises(MarketDataError, match=r"bars\.xls: expected one of \.csv"):
        read(csv_of(tmp_path, GOOD, name="bars.xls"))


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r"])
def test_a_delimiter_that_can_be_none_is_told(tmp_path, delimiter):
    csv_of(tmp_path, *minutes(2))

    with pytest.raises(MarketDataError, match=r"bars.csv: expected a `delimiter` between values, was "):
        read(tmp_path / "bars.csv", delimiter=delimiter)


def test_a_name_that_no_file_can_have_is_told(tmp_path):
    with pytest.raises(MarketDataError, match="cannot be read: embedded null byte"):
        read(tmp_path / "a\0.csv")


def test_a_file_that_is_no_text_is_told(tmp_path):
    path = tmp_path / "bars.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe")

    with pytest.raises(MarketDataError, match="expected UTF-8 text"):
        read(path)


def test_a_broken_stream_within_an_archive_is_refused(tmp_path):
    whole = gzip.compress(b"timestamp,open,high,low,close,volume\n" * 50)
    (tmp_path / "bars.csv.gz").write_bytes(whole[:12] + b"\xff" * 20 + whole[32:])

    with pytest.raises(MarketDataError, match="cannot be"):
        read(tmp_path / "bars.csv.gz")


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".zip", ".csv.gz"])
def test_a_damaged_file_is_told(tmp_path, suffix):
    path = tmp_path / f"bars{suffix}"
    path.write_bytes(b"not what the name says")

    with pytest.raises(MarketDataError, match="cannot be"):
        read(path)


def test_packed_files_and_files_without_a_header_are_read(tmp_path):
    plain = read(csv_of(tmp_path, *minutes(5)))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *minutes(5)]).encode()))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("inside.csv", "\n".join(minutes(5)).replace(",", ";"))
    positions = ReplayColumns(ts=1, open=2, high=3, low=4, close=5, volume=6)

    packed = read(tmp_path / "b.csv.gz")
    bare = read(tmp_path / "b.zip", header=False, delimiter=";", columns=positions)

    assert plain.events(0, 5) == packed.events(0, 5) == bare.events(0, 5)
    with pytest.raises(MarketDataError, match="expected a column 7, there are 6"):
        read(tmp_path / "b.zip", header=False, delimiter=";", columns=ReplayColumns(ts=7))


@pytest.mark.parametrize(
    ("stamp", "changes"),
    [
        ("2022-01-01", {}),
        ("20220101 00:00", {}),
        ("2022-01-01T00:00:00.000000000Z", {}),
        ("2022-01-01 01:00:00+01:00", {}),
        ("2022-01-01 01:00", {"tz": "Europe/Berlin"}),
        ("2022-01-01 00:01", {"ts_is": "close"}),
        ("1640995200", {"unit": "s"}),
        ("1640995200.0", {"unit": "s"}),
        ("1640995200000", {"unit": "ms"}),
        ("1640995200000000", {"unit": "us"}),
        ("1640995200000000000", {"unit": "ns"}),
    ],
)
def test_a_time_stamp_is_read_as_the_configuration_says(tmp_path, stamp, changes):
    assert read(csv_of(tmp_path, f"{stamp},1,1,1,1,1"), **changes).rows.ts.tolist() == [BEGIN]


def test_a_time_stamp_keeps_its_nanoseconds(tmp_path):
    rows = ["2022-01-01T00:00:00.123456789Z,1,1", "2022-01-01T00:00:00.5Z,1,1"]
    path = csv_of(tmp_path, *rows, header="timestamp,price,size")

    assert (read(path, data="trades").times - BEGIN).tolist() == [123_456_789, 500_000_000]


@pytest.mark.parametrize("hour", ["2022-10-30 02:30:00", "2022-03-27 02:30:00"])
def test_an_hour_that_a_zone_has_twice_or_never_is_refused(tmp_path, hour):
    with pytest.raises(MarketDataError, match="row 2: Europe/Berlin has this hour twice or never"):
        read(csv_of(tmp_path, f"{hour},1,1,1,1,1"), tz="Europe/Berlin")


def test_an_unknown_time_zone_is_told(tmp_path):
    with pytest.raises(MarketDataError, match="expected the name of a time zone in `tz`, was 'Mars/Base'"):
        read(csv_of(tmp_path, GOOD), tz="Mars/Base")


def test_the_close_of_a_month_is_the_begin_of_the_next(tmp_path):
    path = csv_of(tmp_path, "2022-03-01,1,1,1,1,1", "2022-04-01,1,1,1,1,1")

    opens = read(path, interval="1M", ts_is="close").rows.ts

    assert opens.view("datetime64[ns]").astype("datetime64[D]").astype(str).tolist() == ["2022-02-01", "2022-03-01"]


def test_volume_in_quote_currency_is_divided_by_the_close(tmp_path):
    rows = read(csv_of(tmp_path, "2022-01-01,50,50,40,40,100"), volume_unit="quote").rows

    assert rows.volume.tolist() == [2500]
    with pytest.raises(MarketDataError, match="row 2: volume: expected a number, found 'nan'"):
        read(csv_of(tmp_path, "2022-01-01,50,50,40,40,nan"), volume_unit="quote")


def test_holes_are_reported_and_stay(tmp_path):
    with structlog.testing.capture_logs() as logs:
        recording = read(csv_of(tmp_path, *minutes(20, skip=(3, 4, 9))))

    assert len(recording.rows) == 17
    assert [(log["event"], log["holes"], log["missing_bars"]) for log in logs] == [("recording_has_holes", 2, 3)]
    assert logs[0]["first"][0] == "2022-01-01T00:03:00Z..2022-01-01T00:05:00Z"


def test_trades_are_read_with_side_and_id(tmp_path):
    rows = ["1,10,1,BUY,a", "1,10,1,s,b", "2,11,2,unknown,c"]
    path = csv_of(tmp_path, *rows, header="t,price,size,side,id")

    recording = read(path, data="trades", unit="s", columns=ReplayColumns(ts="t", side="side", trade_id="id"))

    assert [(trade.side, trade.trade_id) for trade in recording.trades(0, 3)] == [
        ("buy", "a"),
        ("sell", "b"),
        ("none", "c"),
    ]


BAD_TRADES = {
    "unsorted": ("1,1,1,buy,2", "row 3: time stamp is earlier"),
    "no size": ("3,1,0,buy,2", "row 3: size is zero"),
    "no side": ("3,1,1,long,2", "row 3: side: expected one of buy"),
    "same id": ("3,1,1,buy,1", "row 3: trade_id 1 is there already"),
    "bad id": ("3,1,1,buy,a b", "row 3: trade_id: expected letters"),
}


@pytest.mark.parametrize(("row", "reason"), BAD_TRADES.values(), ids=BAD_TRADES)
def test_a_bad_trade_is_refused(tmp_path, row, reason):
    path = csv_of(tmp_path, "2,1,1,buy,1", row, header="t,price,size,side,id")

    with pytest.raises(MarketDataError, match=reason):
        read(path, data="trades", unit="s", columns=ReplayColumns(ts="t", side="side", trade_id="id"))


def test_two_columns_for_the_side_are_refused(tmp_path):
    columns = ReplayColumns(side="side", buyer_is_maker="maker")

    with pytest.raises(ConfigError, match="expected `side` or `buyer_is_maker`, found both"):
        read(csv_of(tmp_path, GOOD), data="trades", columns=columns)


def test_the_maker_flag_of_the_buyer_gives_the_aggressor(tmp_path):
    path = csv_of(tmp_path, "1,1,1,True", "2,1,1,false", header="t,price,size,m")

    recording = read(path, data="trades", unit="s", columns=ReplayColumns(ts="t", buyer_is_maker="m"))

    assert recording.sides == ["sell", "buy"]
