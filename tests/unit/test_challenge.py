from uuid import UUID

import pytest

from actors.bridge.dialects.gotrue.challenge import LIFETIME_S, Challenges

START_S = 1_790_000_000


class Hands:
    now = START_S

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def challenges(hands):
    return Challenges(b"k" * 32, hands)


def test_one_is_good_for_its_user_and_factor_until_it_ends(challenges, hands):
    made, until = challenges.make("anna", "f-1")

    assert (str(UUID(made)), until) == (made, START_S + LIFETIME_S)
    assert challenges.is_good(made, "anna", "f-1")
    assert not challenges.is_good(made, "bob", "f-1")
    assert not challenges.is_good(made, "anna", "f-2")
    hands.now = until - 1
    assert challenges.is_good(made, "anna", "f-1")
    hands.now = until
    assert not challenges.is_good(made, "anna", "f-1")


def test_nobody_else_makes_one(challenges, hands):
    made, _ = Challenges(b"x" * 32, hands).make("anna", "f-1")

    assert not challenges.is_good(made, "anna", "f-1")


def test_a_later_end_is_not_written_into_one(challenges):
    made, until = challenges.make("anna", "f-1")
    later = f"{until + 900:08x}" + made[8:]

    assert not challenges.is_good(later, "anna", "f-1")


@pytest.mark.parametrize("text", ["", "x", "0" * 32, "ffffffff-ffff-4fff-bfff-ffffffffffff", "é" * 36])
def test_any_other_text_is_none(challenges, text):
    assert not challenges.is_good(text, "anna", "f-1")
