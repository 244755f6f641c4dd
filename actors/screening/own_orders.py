"""Orders of strategies, judged by the newest signal of their instrument before they are sent."""

from actors.market import interval_of
from actors.messages import Signal
from actors.orders import OrderSide
from actors.ports.own_orders import OrderScreening, OrderVerdict

FRESH_BARS = 2
"""A signal that is older than so many of its bars is no word of now: the next one did not come."""


def judge(
    instrument_id: str, side: OrderSide, signal: Signal | None, choice: OrderScreening, now_ns: int
) -> OrderVerdict:
    """Return the verdict on an order that would open a position; a look at what is in memory, nobody is asked.

    Args:
        instrument_id: What it trades.
        side: Of the order.
        signal: The newest one of the instrument.
        choice: What its user has set.
        now_ns: Market time.
    """
    why = silence(instrument_id, signal, now_ns)
    if signal is None or signal.thresholds is None or why is not None:
        bar_type = "" if signal is None else signal.bar_type
        return abstained(instrument_id, side, choice, why or "", now_ns, goes=not choice.strict, bar_type=bar_type)
    is_buy, bounds = side == "buy", signal.thresholds
    probability = signal.probability if is_buy else 1.0 - signal.probability
    threshold = choice.threshold
    if threshold is None:
        threshold = bounds.long_above if is_buy else 1.0 - bounds.short_below
    goes = probability > threshold
    said = f"a {side} wins with {probability:.1%}, more than {threshold:.1%} is needed"
    return OrderVerdict(
        instrument_id=instrument_id,
        side=side,
        recommendation="EXECUTE" if goes else "SKIP",
        probability=probability,
        threshold=threshold,
        reasons=(f"the {signal.interval} signal is {signal.signal}: {said}", *signal.reasons[:3]),
        bar_type=signal.bar_type,
        ts=now_ns,
    )


def abstained(
    instrument_id: str,
    side: OrderSide,
    choice: OrderScreening,
    why: str,
    now_ns: int,
    *,
    goes: bool,
    bar_type: str = "",
) -> OrderVerdict:
    """Return a verdict without a word of the signals; `goes`: the order is sent all the same."""
    return OrderVerdict(
        instrument_id=instrument_id,
        side=side,
        recommendation="EXECUTE" if goes else "SKIP",
        probability=None,
        threshold=choice.threshold,
        reasons=(f"abstained: {why}",),
        bar_type=bar_type,
        ts=now_ns,
    )


def silence(instrument_id: str, signal: Signal | None, now_ns: int) -> str | None:
    """Return why a signal is no word on what to do now, in words; None when it is one."""
    if signal is None:
        return f"no bar of {instrument_id} has got a signal yet since the start"
    age_ns = now_ns - signal.ts_event
    if age_ns > FRESH_BARS * interval_of(signal.interval).duration_ns:
        return f"the newest signal is {age_ns / 1e9:,.0f} s old, its bars are of {signal.interval}"
    if signal.stale:
        return "the market data was stale when the newest signal was made"
    if signal.abstention is not None or signal.thresholds is None:
        return "; ".join(signal.reasons) or "the newest signal abstained"
    if not signal.usable:
        return "strategies are not to act on signals, by the settings"
    return None
