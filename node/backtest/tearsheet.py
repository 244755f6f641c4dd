"""A backtest's result -> one HTML page without scripts or anything from elsewhere; the same bytes each time."""

from datetime import datetime
from html import escape
from pathlib import Path

from node.backtest import tables
from node.backtest.charts import Chart, Series
from node.backtest.figures import DASH, MINUS, money, percent, ratio, when
from node.backtest.results import Result

_STYLE = Path(__file__).with_name("tearsheet.css")
_WHOLE_FROM = 10
_NOTES = (
    "Market orders fill at the close of the bar that the strategy saw, what is more than the engine takes from the "
    "bar's volume one price step worse; fees are those of the configuration; funding of perpetuals is not charged. "
    "Sharpe: returns of the equity from bar to bar, after fees, times the root of the bars in 365 days, no riskless "
    "rate. Buy and hold buys all the money allows at the first close and sells at the last, with the taker fee both "
    "times. Drawdown counts open positions at every close."
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
<footer>{notes}</footer>
</main>
</body>
</html>
"""


def tearsheet(result: Result) -> str:
    """Return the page of `result` as HTML text."""
    parts = [
        _header(result),
        _figures(result),
        _equity(result),
        _drawdown(result),
        _daily(result),
        tables.months(result.days),
        tables.comparison(result),
        tables.section("What it did", tables.table(["", ""], tables.activity(result))),
        tables.trades(result),
        tables.data(result),
        tables.config(result),
    ]
    return PAGE.format(
        title=escape(f"{result.name}: {_instruments(result)}"),
        style=_STYLE.read_text(encoding="utf-8"),
        body="\n".join(part for part in parts if part),
        notes=escape(_NOTES),
    )


def _instruments(result: Result) -> str:
    return ", ".join(item.instrument_id for item in result.data)


def _header(result: Result) -> str:
    told = [
        ", ".join(dict.fromkeys(trade.strategy for trade in result.trades)) or "no trades",
        f"{when(result.start)} {DASH} {when(result.end)} UTC",
        f"{result.bars:,} bars",
        f"from {money(result.starting_balance)} {result.currency}",
    ]
    title = f"{escape(result.name)} <span>on {escape(_instruments(result))}</span>"
    return f"<header><h1>{title}</h1><p>{escape(' · '.join(told))}</p></header>"


def _figures(result: Result) -> str:
    own, held = result.strategy, result.buy_and_hold
    closed = sum(trade.ts_exit is not None for trade in result.trades)
    rate = DASH if result.win_rate is None else percent(result.win_rate, is_signed=False)
    fall, held_fall = (percent(-told.max_drawdown.share) for told in (own, held))
    figures = [
        ("Return after fees", percent(own.total_return), f"buy and hold {percent(held.total_return)}"),
        ("PnL", money(own.pnl, is_signed=True), f"{result.currency}, after {money(own.fees)} of fees"),
        ("Sharpe", ratio(own.sharpe), f"buy and hold {ratio(held.sharpe)}"),
        ("Max drawdown", fall, f"buy and hold {held_fall}"),
        ("Win rate", rate, f"of {closed:,} closed trades"),
        ("Exposure", percent(result.exposure, is_signed=False), "of the time in the market"),
    ]
    tone = "gain" if own.total_return > 0 else "loss" if own.total_return < 0 else ""
    cells = [
        f'<div><dt>{name}</dt><dd class="{tone if number < 2 else ""}">{value}</dd><dd>{note}</dd></div>'  # noqa: PLR2004  # return and PnL
        for number, (name, value, note) in enumerate(figures)
    ]
    return f'<section class="figures"><dl>{"".join(cells)}</dl></section>'


def _equity(result: Result) -> str:
    points = result.equity
    own, held = [point.equity for point in points], [point.buy_and_hold for point in points]
    chart = Chart([point.ts for point in points], own + held, height=320, title="Equity beside buy and hold")
    chart.line(Series("held", held))
    chart.line(Series("own", own))
    keys = '<small class="key own">strategy</small><small class="key held">buy and hold</small>'
    return tables.section(f"Equity, {result.currency}", chart.svg(_amount_tick), keys=keys)


def _drawdown(result: Result) -> str:
    falls = [-point.drawdown for point in result.equity]
    chart = Chart([point.ts for point in result.equity], [*falls, 0.0], height=170, title="Drawdown")
    chart.area(Series("fall", falls))
    deepest = result.strategy.max_drawdown
    note = f"deepest {money(deepest.amount)} {result.currency}, {when(deepest.ts_peak)} to {when(deepest.ts_trough)}"
    return tables.section("Drawdown", chart.svg(_percent_tick), note)


def _daily(result: Result) -> str:
    days = result.days
    returns = [day.strategy for day in days]
    times = [_midnight(days[0].day), _midnight(days[-1].day) + 86_400_000]
    chart = Chart(times, [*returns, 0.0], height=170, title="Daily returns", least_step_s=86_400)
    labels = [f"{day.day}: {percent(day.strategy)}, buy and hold {percent(day.buy_and_hold)}" for day in days]
    chart.bars([_midnight(day.day) + 43_200_000 for day in days], returns, labels)
    up = sum(value > 0 for value in returns)
    note = f"{up:,} of {len(days):,} days up, best {percent(max(returns))}, worst {percent(min(returns))}"
    return tables.section("Daily returns", chart.svg(_percent_tick), note)


def _midnight(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1_000)


def _amount_tick(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= _WHOLE_FROM or value == 0 else f"{value:g}"
    return text.replace("-", MINUS)


def _percent_tick(value: float) -> str:
    return f"{value * 100:g} %".replace("-", MINUS)
