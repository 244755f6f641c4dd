"""Made bars for the tests of signals: one instrument, prices in cents, sizes in millionths."""

import random

from actors.market import MINUTE_NS, BarRow, Instrument

START = 1_700_000_040_000_000_000
NAME = "BTC-USDT.SIM"
INSTRUMENT = Instrument(
    instrument_id=NAME,
    symbol="BTC-USDT",
    venue="SIM",
    kind="spot",
    base_currency="BTC",
    quote_currency="USDT",
    settlement_currency="USDT",
    price_precision=2,
    size_precision=6,
    price_increment="0.01",
    size_increment="0.000001",
    min_quantity="0.000010",
    max_quantity="100.000000",
    maker_fee="0.0008",
    taker_fee="0.001",
)


def walk(count: int, seed: int = 7, start: int = START) -> list[BarRow]:
    """A seeded random walk with wicks and volume."""
    draw, price, rows = random.Random(seed), 4_600_000, []
    for i in range(count):
        close = max(1_000, price + round(draw.gauss(0, 3_000)))
        high, low = max(price, close) + draw.randrange(1_500), min(price, close) - draw.randrange(900)
        rows.append(BarRow(start + i * MINUTE_NS, price, high, low, close, draw.randrange(0, 9_000_000)))
        price = close
    return rows


def line(count: int, step: int = 0, start: int = START) -> list[BarRow]:
    """Bars that move by `step` cents each; 0 is a flat market without volume."""
    rows = []
    for i in range(count):
        before, after = 4_600_000 + i * step, 4_600_000 + (i + 1) * step
        rows.append(
            BarRow(start + i * MINUTE_NS, before, max(before, after), min(before, after), after, abs(step) * 1_000)
        )
    return rows


def floats(rows: list[BarRow]) -> list[tuple[int, float, float, float, float, float]]:
    """The same bars as the feature engine takes them."""
    return [(r.ts_open, r.open / 100, r.high / 100, r.low / 100, r.close / 100, r.volume / 1e6) for r in rows]
