"""Symbols: what clients of other designs call an instrument."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.bridge.symbols import Symbols, interval_named
from config.errors import ConfigError, UnknownInstrumentError
from tests.bridge.fakes import instrument

SPOT = instrument("BTC-USDT.SIM")
SWAP = msgspec.structs.replace(instrument("BTC-USDT-SWAP.SIM"), kind="perpetual", quote_currency="USDT")
ETH_SWAP = msgspec.structs.replace(instrument("ETH-USDT-SWAP.SIM"), kind="perpetual", quote_currency="USDT")
ETH_PERP = msgspec.structs.replace(instrument("ETH-USDT-PERP.SIM"), kind="perpetual", quote_currency="USDT")
ELSEWHERE = instrument("BTC-USDT.OKX")


def symbols(*instruments, venue=None):
    return Symbols({one.instrument_id: one for one in instruments}, venue)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "btcusdt", "BTC-USDT", "btc/usdt", "Btc_Usdt", "BTC-USDT.SIM"])
def test_separators_and_case_do_not_matter(symbol):
    assert symbols(SPOT, SWAP).find(symbol) == "BTC-USDT.SIM"


def test_spot_wins_over_the_perpetual_which_has_a_symbol_of_its_own():
    both = symbols(SWAP, SPOT)

    assert both.find("BTCUSDT") == "BTC-USDT.SIM"
    assert both.find("btc-usdt-swap") == "BTC-USDT-SWAP.SIM"
    assert both.symbol("BTC-USDT.SIM") == "BTCUSDT"
    assert both.symbol("BTC-USDT-SWAP.SIM") == "BTCUSDTSWAP"


def test_a_perpetual_without_a_spot_instrument_is_found_by_its_currencies():
    alone = symbols(ETH_SWAP)

    assert alone.find("ETH/USDT") == "ETH-USDT-SWAP.SIM"
    assert alone.symbol("ETH-USDT-SWAP.SIM") == "ETHUSDT"


def test_what_may_mean_two_is_refused_and_both_are_named():
    two = symbols(ETH_SWAP, ETH_PERP)

    with pytest.raises(UnknownInstrumentError, match=r"ETH-USDT-SWAP\.SIM or ETH-USDT-PERP\.SIM"):
        two.find("ETHUSDT")
    assert two.symbol("ETH-USDT-PERP.SIM") == "ETHUSDTPERP"


def test_what_means_none_is_refused_and_what_is_near_is_named():
    with pytest.raises(UnknownInstrumentError, match=r"'BTCUSD'.*BTC-USDT\.SIM"):
        symbols(SPOT, ETH_SWAP).find("BTCUSD")


def test_symbols_are_looked_for_on_one_venue_and_ids_everywhere():
    on_sim, on_okx = symbols(SPOT, ELSEWHERE), symbols(SPOT, ELSEWHERE, venue="OKX")

    assert (on_sim.find("BTCUSDT"), on_okx.find("BTCUSDT")) == ("BTC-USDT.SIM", "BTC-USDT.OKX")
    assert (on_sim.symbol("BTC-USDT.OKX"), on_okx.symbol("BTC-USDT.OKX")) == (None, "BTCUSDT")
    assert on_sim.find("BTC-USDT.OKX") == "BTC-USDT.OKX"


def test_a_venue_without_instruments_is_a_mistake_of_the_configuration():
    with pytest.raises(ConfigError, match=r"dialects\.default_venue: expected one of SIM, was 'NYSE'"):
        symbols(SPOT, venue="NYSE")


@pytest.mark.parametrize(
    ("word", "interval"),
    [("1m", "1m"), ("1M", "1M"), ("1H", "1h"), ("4h", "4h"), ("1D", "1d"), ("1W", "1w"), ("90x", "90x"), ("", "")],
)
def test_timeframes_are_read_in_either_case_but_a_month_is_no_minute(word, interval):
    assert interval_named(word) == interval


pairs = st.builds(
    lambda base, quote, kind, tail: msgspec.structs.replace(
        instrument(f"{base}-{quote}{tail}.SIM"), base_currency=base, quote_currency=quote, kind=kind
    ),
    st.sampled_from(["BTC", "ETH", "BT"]),
    st.sampled_from(["USDT", "USD", "CUSDT"]),
    st.sampled_from(["spot", "perpetual"]),
    st.sampled_from(["", "-SWAP", "_SWAP"]),
)


@given(found=st.lists(pairs, min_size=1, max_size=8), text=st.text(max_size=20))
def test_a_symbol_that_is_told_is_understood_and_any_other_text_is_an_answer_or_a_refusal(found, text):
    known = symbols(*found)
    for one in found:
        told = known.symbol(one.instrument_id)
        assert told is None or known.find(told) == one.instrument_id
    with contextlib.suppress(UnknownInstrumentError):
        assert known.find(text) in {one.instrument_id for one in found}
