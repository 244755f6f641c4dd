"""Typed structs of `[replay]`: recorded files and how they are played."""

from typing import Annotated, Literal

from msgspec import Meta, field

from config.faults import FaultsSection
from config.fields import Amount, Column, Config, Currency, Fee, InstrumentName, IntervalName, Places, Speed


class ReplayColumns(Config, frozen=True, kw_only=True):
    """Columns of a recorded file, by name or by position from 1.

    Bars need open..volume, trades price and size, quotes bid..ask_size, book sequence, kind, side, price and size.
    """

    ts: Column = "timestamp"
    open: Column = "open"
    high: Column = "high"
    low: Column = "low"
    close: Column = "close"
    volume: Column = "volume"
    price: Column = "price"
    size: Column = "size"
    side: Column | None = None
    """Aggressor of a trade: buy/sell, b/s, bid/ask, 1/-1; None when the file does not say. Of a book level: bid/ask."""
    buyer_is_maker: Column | None = None
    """In place of `side`: true/false; when the buyer is the maker, the seller is the aggressor."""
    trade_id: Column | None = None
    """Letters, digits, `_` and `-`, at most 36; None: trades are numbered by their row."""
    bid: Column = "bid"
    bid_size: Column = "bid_size"
    ask: Column = "ask"
    ask_size: Column = "ask_size"
    sequence: Column = "sequence"
    """Of a step of a book: its rows stand together and share it; one more than that of the step before."""
    first_sequence: Column | None = None
    """When a step joins several of the venue's: the first of them; `sequence` is the last."""
    previous_sequence: Column | None = None
    """The `sequence` that a step follows, where the venue tells it: it need not be one less then."""
    kind: Column = "kind"
    """Of a step of a book: snapshot/snap, or change/update/set/delta."""


class ReplayFile(Config, frozen=True, kw_only=True):
    """One recorded file of an instrument."""

    file: str
    """CSV (also .csv.gz, or .zip with one CSV), Parquet or Feather; relative to the config file's folder."""
    data: Literal["bars", "trades", "quotes", "book"] = "bars"
    header: bool = True
    """Whether the first line of a CSV names the columns; without names, `columns` gives positions."""
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    """Between the values of a CSV."""
    interval: IntervalName = "1m"
    """Interval of recorded bars."""
    columns: ReplayColumns = ReplayColumns()
    ts_is: Literal["open", "close"] = "open"
    """Whether a bar's time stamp is its open or its close; sources do not say, so the config must."""
    tz: str = "UTC"
    """Time zone of stamps that carry none."""
    unit: Literal["auto", "s", "ms", "us", "ns"] = "auto"
    """Unit of numeric stamps; `auto` only for text and typed stamps."""
    volume_unit: Literal["base", "quote"] = "base"
    """Quote volume is divided by the bar's close."""


class ReplayInstrument(ReplayFile, frozen=True, kw_only=True):
    """One recorded instrument; the key is its instrument id, for example `BTC-USDT-SWAP.REPLAY`."""

    file: str = ""
    """The file, when there is one only; its other keys stand here too. Empty: all of them are in `files`."""
    files: tuple[ReplayFile, ...] = ()
    """One for each kind of data: bars or trades, quotes, book. Bars beside trades are the history before them."""
    kind: Literal["spot", "perpetual"] = "spot"
    base: Currency
    quote: Currency = "USDT"
    price_precision: Places
    size_precision: Places
    min_quantity: Amount | None = None
    maker_fee: Fee
    """Share of the notional, at most a tenth: `0.0008` is 0.08 %."""
    taker_fee: Fee
    margin_init: Amount = "0"
    margin_maint: Amount = "0"


class ReplaySection(Config, frozen=True, kw_only=True):
    """A recorded market played as a live feed."""

    speed: Speed = 1.0
    """Market seconds per wall second; 0 is as fast as it goes."""
    at_end: Literal["hold", "loop", "exit"] = "hold"
    """What happens at the end of the file."""
    warmup_bars: Annotated[int, Meta(ge=0, le=100_000)] = 500
    """Rows that are history already when playing starts."""
    faults: FaultsSection = FaultsSection()
    instruments: dict[InstrumentName, ReplayInstrument] = field(default_factory=dict)
