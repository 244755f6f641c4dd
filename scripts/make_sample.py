"""Make config/samples/btc-usdt-1m.csv anew: 3,000 one-minute bars of the simulated BTC-USDT.

Run from the checkout: `python -m scripts.make_sample`. The same seed and start give the same bytes.
"""

from datetime import UTC, datetime
from pathlib import Path

from actors.market import MINUTE_NS, BarRow, Instrument, decimal_text
from adapters.sim.feed import SimFeed
from config.schema import SimSection

PATH = Path(__file__).parents[1] / "config" / "samples" / "btc-usdt-1m.csv"
INSTRUMENT_ID = "BTC-USDT.SIM"
BARS = 3_000
SEED = 42
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def main() -> None:
    """Write the sample and say where."""
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(sample(), encoding="utf-8")
    print(f"{PATH}: {BARS} bars")


def sample() -> str:
    """Return the sample's text."""
    begin_ns = int(BEGIN.timestamp()) * 1_000_000_000
    end_ns = begin_ns + BARS * MINUTE_NS
    feed = SimFeed(SimSection(seed=SEED, history_days=7), end_ns, end_ns)
    rows = feed.history(INSTRUMENT_ID, "1m", begin_ns, end_ns, BARS)
    instrument = feed.instruments[INSTRUMENT_ID]
    return "\n".join(["timestamp,open,high,low,close,volume", *(_line(row, instrument) for row in rows), ""])


def _line(row: BarRow, instrument: Instrument) -> str:
    stamp = datetime.fromtimestamp(row.ts_open // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    prices = (decimal_text(price, instrument.price_precision) for price in (row.open, row.high, row.low, row.close))
    return ",".join([stamp, *prices, decimal_text(row.volume, instrument.size_precision)])


if __name__ == "__main__":
    main()
