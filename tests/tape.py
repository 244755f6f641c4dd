"""Recordings written by the simulated market itself: bars, trades, quotes and steps of the book, one CSV each."""

from pathlib import Path

from actors.market import MINUTE_NS, BookRow, QuoteRow, TradeRow, decimal_text
from adapters.replay.feed import ReplayFeed
from adapters.sim.feed import SimFeed
from config.recorded import ReplayColumns, ReplayFile, ReplayInstrument, ReplaySection

HEADERS = {
    "bars": "timestamp,open,high,low,close,volume",
    "trades": "ts,price,size,side,trade_id",
    "quotes": "ts,bid,bid_size,ask,ask_size",
    "book": "ts,sequence,kind,side,price,size",
}


class Tape:
    """Writes down what a simulated market of one instrument does, beginning with its whole book."""

    def __init__(self, feed: SimFeed, *, bars: int) -> None:
        """Listen from the feed's position on; `bars` closed minutes before will be written too."""
        [self.instrument] = feed.instruments.values()
        self.feed = feed
        self.events = []
        self.bars = bars
        name = self.instrument.instrument_id
        feed.want_book(name, is_wanted=True)
        self.lines = {kind: [header] for kind, header in HEADERS.items()}
        self.book(feed.book(name))

    def price(self, units: int) -> str:
        return decimal_text(units, self.instrument.price_precision)

    def size(self, units: int) -> str:
        return decimal_text(units, self.instrument.size_precision)

    def record(self, minutes: int) -> None:
        """Write down so many minutes more."""
        self.bars += minutes
        until = self.feed.position_ns + minutes * MINUTE_NS
        while self.feed.position_ns < until:
            for event in self.feed.read(until, 10_000):
                self.events.append(event)
                if isinstance(event, TradeRow):
                    self.trade(event)
                elif isinstance(event, QuoteRow):
                    self.quote(event)
                else:
                    self.book(event)

    def trade(self, row: TradeRow) -> None:
        self.lines["trades"].append(f"{row.ts},{self.price(row.price)},{self.size(row.size)},{row.side},{row.trade_id}")

    def quote(self, row: QuoteRow) -> None:
        bid, ask = self.price(row.bid), self.price(row.ask)
        self.lines["quotes"].append(f"{row.ts},{bid},{self.size(row.bid_size)},{ask},{self.size(row.ask_size)}")

    def book(self, row: BookRow) -> None:
        kind = "snapshot" if row.is_snapshot else "change"
        for side, levels in (("bid", row.bids), ("ask", row.asks)):
            for price, size in levels:
                self.lines["book"].append(
                    f"{row.ts},{row.sequence},{kind},{side},{self.price(price)},{self.size(size)}"
                )

    def write(self, folder: Path) -> None:
        """Write the files."""
        for row in self.feed.history(self.instrument.instrument_id, "1m", None, None, self.bars):
            numbers = [self.price(number) for number in (row.open, row.high, row.low, row.close)]
            self.lines["bars"].append(",".join([str(row.ts_open), *numbers, self.size(row.volume)]))
        for kind, lines in self.lines.items():
            (folder / f"{kind}.csv").write_text("\n".join(lines) + "\n")

    def spec(self) -> ReplayInstrument:
        """Return what a configuration says of the files."""
        columns = {
            "bars": ReplayColumns(),
            "trades": ReplayColumns(ts="ts", side="side", trade_id="trade_id"),
            "quotes": ReplayColumns(ts="ts"),
            "book": ReplayColumns(ts="ts", side="side"),
        }
        one = self.instrument
        return ReplayInstrument(
            files=tuple(
                ReplayFile(file=f"{kind}.csv", data=kind, unit="ns", columns=columns[kind])
                for kind in ("bars", "trades", "quotes", "book")
            ),
            base=one.base_currency,
            quote=one.quote_currency,
            price_precision=one.price_precision,
            size_precision=one.size_precision,
            min_quantity=one.min_quantity,
            maker_fee=one.maker_fee,
            taker_fee=one.taker_fee,
        )

    def replay(self, folder: Path, *, warmup_bars: int) -> ReplayFeed:
        """Return a feed that plays the files."""
        section = ReplaySection(warmup_bars=warmup_bars, instruments={self.instrument.instrument_id: self.spec()})
        return ReplayFeed.from_config(section, folder)
