"""Numbers of text and of typed columns become the same exact integers, or are refused."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.replay.decimals import DecimalColumn
from adapters.replay.table import Table
from config.errors import MarketDataError
from tests.recordings import BEGIN, MINUTE, read


def table(**columns):
    rows = range(2, 2 + len(next(iter(columns.values()))))
    return Table("bars.csv", "", columns, rows)


def units(cells, places, **changes):
    return DecimalColumn(table(x=cells), "x", places, "price_precision", **changes).units().tolist()


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_typed_files_hold_the_same_as_text(tmp_path, suffix):
    path = typed(tmp_path / f"bars{suffix}", close=np.array([100.25, 100.10 + 0.20]), volume=np.array([1, 2]))

    rows = read(path).rows

    assert rows.close.tolist() == [10025, 10030]
    assert rows.volume.tolist() == [1000, 2000]
    assert rows.ts.tolist() == [BEGIN, BEGIN + MINUTE]


def test_a_typed_file_is_refused_like_text(tmp_path):
    with pytest.raises(MarketDataError, match=r"row 2: open 100\.305 has more decimal places than price_precision"):
        read(typed(tmp_path / "bars.parquet", close=np.array([100.25, 100.305])))
    with pytest.raises(MarketDataError, match="row 1: open: expected a number, found nan"):
        read(typed(tmp_path / "bars.parquet", close=np.array([np.nan, 1.0])))
    with pytest.raises(MarketDataError, match="row 2: open is empty"):
        read(typed(tmp_path / "bars.parquet", close=[1.0, None]))
    with pytest.raises(MarketDataError, match="row 1: time stamp 1640995200000 is a number, so `unit` must say"):
        read(typed(tmp_path / "bars.parquet", timestamp=np.array([1640995200000, 1640995260000])))


def test_a_typed_column_that_comes_twice_is_told_in_one_line(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    names = ["timestamp", "open", "high", "low", "close", "volume", "volume"]
    parquet.write_table(pa.table([pa.array([1])] * 7, names=names), tmp_path / "bars.parquet")

    with pytest.raises(MarketDataError) as refused:
        read(tmp_path / "bars.parquet", unit="s")
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["1.2300000000000000000000000000000001", "1.2299999999999999999999999999999999"])
def test_no_number_is_long_enough_to_be_rounded(text):
    with pytest.raises(MarketDataError, match="has 34 decimal places"):
        units([text], 2)


def test_the_least_integer_is_not_mistaken_for_a_small_one(tmp_path):
    with pytest.raises(MarketDataError, match="row 1: volume is too large"):
        read(typed(tmp_path / "bars.parquet", volume=np.array([-(2**63), 1], dtype=np.int64)))


def test_typed_numbers_are_time_stamps_with_a_unit(tmp_path):
    whole = typed(tmp_path / "bars.parquet", timestamp=np.array([1640995200000, 1640995260000]))
    floats = typed(tmp_path / "bars.feather", timestamp=np.array([1640995200.0, 1640995260.0]))

    assert read(whole, unit="ms").rows.ts.tolist() == read(floats, unit="s").rows.ts.tolist() == [BEGIN, BEGIN + MINUTE]


def typed(path, **changes):
    import pyarrow as pa
    from pyarrow import feather, parquet

    stamps = np.array([BEGIN, BEGIN + MINUTE]).view("datetime64[ns]").astype("datetime64[ms]")
    prices = {name: np.array([100.25, 100.25]) for name in ("open", "high", "low", "close")}
    columns = {"timestamp": stamps, **prices, "volume": np.array([1.5, 0.0]), **changes}
    if "close" in changes:
        columns |= {"high": changes["close"], "open": changes["close"], "low": changes["close"]}
    content = pa.table(columns)
    (parquet.write_table if path.suffix == ".parquet" else feather.write_feather)(content, path)
    return path


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 3)), min_size=1), st.integers(0, 9))
def test_text_and_floats_of_any_decimal_give_the_same_units(numbers, places):
    exact = [Decimal(whole).scaleb(-min(places, 6)) for whole, _ in numbers]
    texts = [
        f"{number:f}" + "0" * zeros * ("." in f"{number:f}") for number, (_, zeros) in zip(exact, numbers, strict=True)
    ]
    wanted = [int(number.scaleb(places)) for number in exact]

    assert units(texts, places) == wanted
    assert units([f"{number:e}" for number in exact], places) == wanted
    assert units(np.array([float(number) for number in exact]), places) == wanted


def test_noise_of_floats_is_not_taken_for_places():
    assert units(np.array([0.016984990000000002, 5.330000000000001e-05]), 8) == [1698499, 5330]
    assert units(np.array([0.1, 16.25], dtype=np.float32), 2) == [10, 1625]
    with pytest.raises(MarketDataError, match="more decimal places"):
        units(np.array([0.1000001], dtype=np.float32), 2)
    with pytest.raises(MarketDataError, match="more decimal places"):
        units(np.array([100.0000001]), 2)


def test_a_summed_volume_may_carry_more_noise_than_a_price():
    total = np.cumsum(np.full(1000, 0.1))[-1:]

    assert units(total, 3, is_sum=True) == [100_000]
    with pytest.raises(MarketDataError, match="more decimal places"):
        units(total, 3)
    with pytest.raises(MarketDataError, match=r"9 places of 1000000000\.0 exceed a float64"):
        units(np.array([1e9]), 9)
