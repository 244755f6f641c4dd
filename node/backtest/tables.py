"""The tables of a tearsheet as HTML text."""

import json
from collections.abc import Callable, Sequence
from html import escape

from node.backtest.figures import MINUS, money, percent, price, ratio, when
from node.backtest.results import DayReturn, Performance, Result, Trade

MAX_TRADES = 200
_MIN_MONTHS = 2
_LEFT = ' class="left"'
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def months(days: Sequence[DayReturn]) -> str:
    """Return compounded months by year; nothing while there is only one."""
    found: dict[str, dict[int, float]] = {}
    for day in days:
        year, month = found.setdefault(day.day[:4], {}), int(day.day[5:7]) - 1
        year[month] = (1.0 + year.get(month, 0.0)) * (1.0 + day.strategy) - 1.0
    if sum(map(len, found.values())) < _MIN_MONTHS:
        return ""
    rows = []
    for name, year in found.items():
        total = 1.0
        for value in year.values():
            total *= 1.0 + value
        cells = [percent(year[month]) if month in year else "" for month in range(len(_MONTHS))]
        rows.append([name, *cells, percent(total - 1.0)])
    return section("Monthly returns", table(["", *_MONTHS, "Year"], rows))


def comparison(result: Result) -> str:
    """Return the strategy beside buy and hold."""
    tells: list[tuple[str, Callable[[Performance], str]]] = [
        ("Final equity", lambda told: f"{money(told.final_equity)} {result.currency}"),
        ("PnL after fees", lambda told: money(told.pnl, is_signed=True)),
        ("Return", lambda told: percent(told.total_return)),
        ("Fees", lambda told: money(told.fees)),
        ("Sharpe", lambda told: ratio(told.sharpe)),
        ("Max drawdown", lambda told: f"{money(told.max_drawdown.amount)} ({percent(-told.max_drawdown.share)})"),
    ]
    rows = [[name, tell(result.strategy), tell(result.buy_and_hold)] for name, tell in tells]
    return section("Beside buy and hold", table(["", "Strategy", "Buy and hold"], rows))


def activity(result: Result) -> list[tuple[str, str]]:
    """Return what the run did: signals, orders, fills, trades; name and text each."""
    signals, orders = result.signals, result.orders
    closed = sum(trade.ts_exit is not None for trade in result.trades)
    rate = "" if result.win_rate is None else f", {percent(result.win_rate, is_signed=False)} won"
    refused = orders.denied + orders.rejected
    kinds = f"{signals.long:,} long, {signals.short:,} short, {signals.neutral:,} neutral"
    return [
        ("Signals", f"{signals.total:,} ({kinds})"),
        ("Orders", f"{orders.total:,} ({orders.filled:,} filled, {refused:,} refused)"),
        ("Fills", f"{result.fills:,}"),
        ("Closed trades", f"{closed:,}{rate}"),
    ]


def trades(result: Result) -> str:
    """Return the trades; of many the first and the last."""
    found, half = result.trades, MAX_TRADES // 2
    is_cut = len(found) > MAX_TRADES
    shown = found[:half] + found[-half:] if is_cut else found
    note = f"the first and last {half} of {len(found):,}; all are in the JSON" if is_cut else f"{len(found):,}"
    names = ["Entry (UTC)", "Exit", "Instrument", "Side", "Quantity", "Entry price", "Exit price", "Fees", "PnL"]
    return section("Trades", table(names, [_trade_row(trade) for trade in shown], words=4, has_tone=True), note)


def data(result: Result) -> str:
    """Return where the bars came from."""
    rows = [
        [item.instrument_id, item.source, item.sha256[:16], f"{item.bars:,}", f"{item.warmup:,}", f"{item.holes:,}"]
        for item in result.data
    ]
    return section("Data", table(["Instrument", "Source", "SHA-256 begins", "Rows", "Warm-up", "Holes"], rows, words=3))


def config(result: Result) -> str:
    """Return the configuration, folded."""
    text = escape(json.dumps(result.config, indent=2, sort_keys=True))
    told = escape(f"whisperer {result.version}, {result.engine}, seed {result.seed}")
    return (
        f"<section><details><summary>Configuration <small>{told}</small></summary><pre>{text}</pre></details></section>"
    )


def section(title: str, body: str, note: str = "", *, keys: str = "") -> str:
    """Return one card of the page; `body` and `keys` are HTML, the rest is text."""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f"<section><h2>{escape(title)} {small}{keys}</h2>{body}</section>"


def table(names: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1, has_tone: bool = False) -> str:
    """Return a table of text.

    Args:
        names: Of the columns; all empty: no head.
        rows: Cells of each row.
        words: How many columns from the left hold words, the others hold numbers.
        has_tone: Whether the last column is coloured by its sign.
    """
    head = "".join(f"<th{_LEFT if number < words else ''}>{escape(name)}</th>" for number, name in enumerate(names))
    body = "".join(_row(row, words, has_tone=has_tone) for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if any(names) else ""
    return f'<div class="scroll"><table>{top}<tbody>{body}</tbody></table></div>'


def _row(row: Sequence[str], words: int, *, has_tone: bool) -> str:
    cells = [f"<td{_LEFT if number < words else ''}>{escape(cell)}</td>" for number, cell in enumerate(row)]
    if has_tone:
        css = "loss" if row[-1].startswith(MINUS) else "gain"
        cells[-1] = f'<td class="{css}">{escape(row[-1])}</td>'
    return f"<tr>{''.join(cells)}</tr>"


def _trade_row(trade: Trade) -> list[str]:
    return [
        when(trade.ts_entry),
        "open" if trade.ts_exit is None else when(trade.ts_exit),
        trade.instrument_id,
        trade.side,
        trade.quantity,
        price(trade.entry_price),
        "" if trade.exit_price is None else price(trade.exit_price),
        money(trade.fees),
        money(trade.pnl, is_signed=True),
    ]
