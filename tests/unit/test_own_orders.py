"""The verdict on a strategy's order: what the newest signal says of its side, or openly nothing."""

import pytest
from msgspec.structs import replace

from actors.messages import Thresholds
from actors.ports.own_orders import OrderScreening
from actors.screening.own_orders import judge
from tests.bridge.fakes import BTC, START_NS, signal

MINUTE_NS = 60_000_000_000
ON = OrderScreening(enabled=True)
BOUNDS = Thresholds(0.6, 0.4, 0.0, 0.5)
NOW = START_NS + MINUTE_NS


def word(score, **changes):
    return replace(signal(score=score), thresholds=BOUNDS, **changes)


def verdict(side, said, choice=ON, now_ns=NOW):
    return judge(BTC, side, said, choice, now_ns)


@pytest.mark.parametrize(
    ("side", "score", "recommendation", "probability"),
    [
        ("buy", 0.5, "EXECUTE", 0.75),
        ("buy", -0.5, "SKIP", 0.25),
        ("sell", -0.5, "EXECUTE", 0.75),
        ("sell", 0.5, "SKIP", 0.25),
        ("buy", 0.0, "SKIP", 0.5),
        ("sell", 0.0, "SKIP", 0.5),
    ],
)
def test_an_order_goes_when_the_signal_is_for_its_side(side, score, recommendation, probability):
    found = verdict(side, word(score))

    assert (found.recommendation, found.probability) == (recommendation, probability)
    assert found.threshold == pytest.approx(0.6)
    assert f"a {side} wins with {probability:.1%}, more than 60.0% is needed" in found.reasons[0]
    assert found.bar_type == signal().bar_type


def test_exactly_the_threshold_is_not_above_it():
    said = replace(word(0.0), probability=0.4)

    assert verdict("sell", said).recommendation == "SKIP"
    assert verdict("sell", replace(said, probability=0.39)).recommendation == "EXECUTE"
    assert verdict("buy", replace(said, probability=0.6)).recommendation == "SKIP"


def test_a_users_own_threshold_is_taken_for_either_side():
    choice = replace(ON, threshold=0.8)

    assert [verdict(side, word(0.5), choice).recommendation for side in ("buy", "sell")] == ["SKIP", "SKIP"]
    assert verdict("buy", word(0.7), choice).recommendation == "EXECUTE"
    assert verdict("sell", word(-0.7), choice).threshold == 0.8


@pytest.mark.parametrize(
    ("said", "now_ns", "why"),
    [
        (None, NOW, "no bar of BTC-USDT.SIM has got a signal yet"),
        (word(-0.5), NOW + 2 * MINUTE_NS + 1, "the newest signal is 120 s old, its bars are of 1m"),
        (word(-0.5, stale=True), NOW, "the market data was stale"),
        (word(-0.5, usable=False), NOW, "not to act on signals"),
        (word(0.0, abstention="no_quorum", reasons=("10% of the weight voted",)), NOW, "10% of the weight voted"),
        (word(0.0, abstention="off", reasons=("signals are switched off",)), NOW, "signals are switched off"),
    ],
)
def test_without_a_word_the_order_goes_and_the_verdict_says_why(said, now_ns, why):
    found, strict = verdict("buy", said, now_ns=now_ns), verdict("buy", said, replace(ON, strict=True), now_ns)

    assert (found.recommendation, found.probability) == ("EXECUTE", None)
    assert found.reasons[0].startswith("abstained: ")
    assert why in found.reasons[0]
    assert (strict.recommendation, strict.probability, strict.reasons) == ("SKIP", None, found.reasons)


def test_a_signal_counts_until_the_next_two_bars_are_over():
    assert verdict("buy", word(-0.5), now_ns=NOW + 2 * MINUTE_NS).recommendation == "SKIP"
