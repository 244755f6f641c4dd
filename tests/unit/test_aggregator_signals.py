import math

import pytest
import structlog

from actors.messages import Prediction
from actors.signal.aggregator import Aggregator
from actors.signal.predictor import MarketView, Predictor
from actors.signal.voter import FAILURES, Voter
from config.signals import SignalConfig


class Fixed(Predictor):
    """Says what it was told to; an exception is raised, None abstains."""

    def __init__(self, name, *answer, able=True, warmup=0, reasons=()):
        super().__init__()
        self.name = name
        self.answer = answer
        self.able = able
        self.warmup = warmup
        self.reasons = reasons

    def is_able(self):
        return self.able

    def predict(self, view):
        if isinstance(self.answer[0], Exception):
            raise self.answer[0]
        return None if self.answer[0] is None else Prediction(self.name, *self.answer, self.reasons)


def verdict(*voters, is_degraded=False, seen=100, **settings):
    aggregator = Aggregator(SignalConfig(**settings), [Voter(predictor, weight) for predictor, weight in voters])
    aggregator.is_degraded = is_degraded
    view = MarketView("BTC-USDT.SIM", "1m")
    view.seen = seen
    return aggregator.verdict(view)


def states(found):
    return [source.state for source in found.sources]


def failures(name):
    return FAILURES.labels(name)._value.get()


def test_score_and_confidence_are_weighted():
    found = verdict((Fixed("a", 0.5, 0.8), 0.2), (Fixed("b", -0.1, 0.4), 0.6))

    assert found.score == pytest.approx((0.2 * 0.5 - 0.6 * 0.1) / 0.8)
    assert found.probability == pytest.approx((found.score + 1) / 2)
    assert found.confidence == pytest.approx((0.2 * 0.8 + 0.6 * 0.4) / 0.8)


def test_confidence_is_scaled_by_the_share_of_weight_that_voted():
    found = verdict((Fixed("a", 0.5, 0.8), 0.6), (Fixed("b", None), 0.4))

    assert found.score == pytest.approx(0.5)
    assert found.confidence == pytest.approx(0.8 * 0.6)
    assert states(found) == ["voted", "abstained"]


@pytest.mark.parametrize(
    ("score", "side"), [(0.21, "long"), (0.2, "neutral"), (0.0, "neutral"), (-0.2, "neutral"), (-0.21, "short")]
)
def test_a_side_is_taken_beyond_the_thresholds_only(score, side):
    assert verdict((Fixed("a", score, 1.0), 0.5)).signal == side


def test_the_thresholds_are_configured():
    assert verdict((Fixed("a", 0.3, 1.0), 0.5), long_above=0.7).signal == "neutral"
    assert verdict((Fixed("a", -0.3, 1.0), 0.5), short_below=0.3).signal == "neutral"


def test_without_a_quorum_it_abstains_and_says_why():
    found = verdict((Fixed("a", 0.9, 0.9), 0.4), (Fixed("b", None), 0.6))

    assert (found.signal, found.score, found.probability, found.confidence) == ("neutral", 0.0, 0.5, 0.0)
    assert (found.abstention, found.reasons) == ("no_quorum", ("40% of the weight voted, 50% is needed",))
    assert found.sources[0].score == 0.9


def test_half_of_the_weight_is_a_quorum():
    found = verdict((Fixed("a", 0.9, 0.9), 0.5), (Fixed("b", None), 0.5))

    assert (found.signal, found.abstention) == ("long", None)


def test_degraded_mode_lets_technical_alone_decide_and_shows_it():
    voters = (Fixed("technical", 0.9, 0.9), 0.2), (Fixed("gbt", None), 0.5)

    assert verdict(*voters).signal == "neutral"
    found = verdict(*voters, is_degraded=True)
    assert (found.signal, found.degraded) == ("long", True)
    assert found.confidence == pytest.approx(0.9 * 0.2 / 0.7)


def test_degraded_mode_lets_nobody_else_decide_alone():
    found = verdict((Fixed("llm", 0.9, 0.9), 0.2), (Fixed("gbt", None), 0.5), is_degraded=True)

    assert (found.signal, found.degraded) == ("neutral", True)


@pytest.mark.parametrize(
    "answer",
    [
        (ValueError("broken"),),
        (math.nan, 0.5),
        (0.5, math.nan),
        (1.7, 0.5),
        (-1.1, 0.5),
        (0.5, 1.1),
        (0.5, -0.1),
        (math.inf, 0.5),
        ("buy!", 0.5),
    ],
)
def test_what_one_predictor_does_wrong_is_dropped_and_counted_and_the_others_are_used(answer):
    name = f"wrong-{answer[0]}-{answer[-1]}"
    before = failures(name)
    found = verdict((Fixed(name, *answer), 0.4), (Fixed("good", 0.6, 0.7), 0.6))

    assert states(found) == ["failed", "voted"]
    assert (found.signal, found.score) == ("long", pytest.approx(0.6))
    assert found.confidence == pytest.approx(0.7 * 0.6)
    assert failures(name) == before + 1


def test_a_predictor_that_fails_again_is_logged_once_and_counted_every_time():
    voter = Voter(Fixed("again", ValueError("broken")), 1.0)
    view = MarketView("BTC-USDT.SIM", "1m")
    before = failures("again")

    with structlog.testing.capture_logs() as logs:
        assert [voter.ask(view) for _ in range(3)] == [None] * 3

    assert voter.state == "failed"
    assert failures("again") == before + 3
    assert [entry["event"] for entry in logs] == ["predictor_failed"]


def test_a_weight_of_zero_is_asked_and_shown_and_does_not_count():
    found = verdict((Fixed("a", 0.6, 0.7, reasons=("up",)), 0.5), (Fixed("shadow", -1.0, 1.0, reasons=("down",)), 0.0))

    assert (found.score, found.confidence) == (pytest.approx(0.6), pytest.approx(0.7))
    assert found.sources[1].score == -1.0
    assert found.reasons == ("a: up",)


def test_a_source_that_is_not_able_to_answer_has_no_weight():
    found = verdict((Fixed("a", 0.6, 0.7), 0.2), (Fixed("gbt", 0.0, 0.0, able=False), 0.5))

    assert states(found) == ["voted", "disabled"]
    assert found.confidence == pytest.approx(0.7)


def test_nobody_able_is_an_abstention():
    found = verdict((Fixed("gbt", 0.0, 0.0, able=False), 0.5))

    assert (found.signal, found.abstention) == ("neutral", "no_quorum")
    assert found.reasons == ("no source with a weight can answer",)


def test_switched_off_is_an_abstention():
    found = verdict((Fixed("a", 1.0, 1.0), 0.5), enabled=False)

    assert (found.signal, found.abstention, states(found)) == ("neutral", "off", ["disabled"])


def test_shadows_alone_are_an_abstention():
    assert verdict((Fixed("a", 1.0, 1.0), 0.0)).reasons == ("no source with a weight can answer",)


def test_warming_up_is_an_abstention_that_says_how_long():
    found = verdict((Fixed("a", 1.0, 1.0, warmup=60), 0.5), seen=12)

    assert (found.signal, found.abstention) == ("neutral", "warming_up")
    assert found.reasons == ("warming up: 12 of 60 bars",)
    assert states(found) == ["warming_up"]


def test_an_abstention_of_all_names_them():
    found = verdict((Fixed("a", None), 0.5), (Fixed("b", ValueError("x")), 0.5))

    assert found.reasons == ("no source voted: a abstained, b failed",)


def test_reasons_of_one_voter_stand_alone_and_of_several_say_whose_they_are():
    one = verdict((Fixed("a", 0.6, 0.7, reasons=("up", "strong")), 0.5))
    two = verdict((Fixed("a", 0.6, 0.7, reasons=("up",)), 0.5), (Fixed("b", 0.1, 0.2, reasons=("calm",)), 0.5))

    assert one.reasons == ("up", "strong")
    assert two.reasons == ("a: up", "b: calm")


def test_reasons_do_not_outlive_their_vote():
    voter = Voter(Fixed("a", 0.6, 0.7, reasons=("up",)), 1.0)
    aggregator = Aggregator(SignalConfig(), [voter, Voter(Fixed("b", 0.1, 0.1), 1.0)])
    view = MarketView("BTC-USDT.SIM", "1m")
    aggregator.verdict(view)
    voter.predictor.answer = (None,)

    assert aggregator.verdict(view).reasons == ()


def test_a_signal_without_sources_is_an_abstention():
    assert verdict().signal == "neutral"
