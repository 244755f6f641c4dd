"""No user has more than a share of the indicators, whatever it hears and asks."""

import pytest

from actors.bridge.portions import Portions
from actors.indicators.roster import FRESH_S
from actors.ports.identity import LOCAL
from config.errors import NoCapacityError


class World:
    def __init__(self):
        self.now = 0.0
        self.heard = {}
        self.portions = Portions(lambda: self.now)
        self.portions.heard = lambda user_id: self.heard.get(user_id, ())

    def take(self, user_id, *numbers, most=3):
        self.portions.take(user_id, names(*numbers), most)


def names(*numbers):
    return {f"indicators:BTC-USDT.SIM:1m:SMA({number})" for number in numbers}


@pytest.fixture
def world():
    return World()


def test_a_full_portion_is_told_and_is_nobody_else_s(world):
    world.take("anna", 1, 2, 3)
    with pytest.raises(NoCapacityError, match=r"at most 3 indicators each .*these would be 4") as refused:
        world.take("anna", 4)
    world.take("bob", 1, 2, 4)

    assert refused.value.retry_after_s == FRESH_S


def test_what_was_refused_does_not_count(world):
    world.take("anna", 1)
    with pytest.raises(NoCapacityError):
        world.take("anna", 2, 3, 4)
    world.take("anna", 2, 3)


def test_the_same_ones_again_are_not_more(world):
    for _ in range(3):
        world.take("anna", 1, 2, 3)


def test_what_was_asked_for_counts_for_a_while(world):
    world.take("anna", 1, 2, 3)
    world.now += FRESH_S - 0.1
    with pytest.raises(NoCapacityError):
        world.take("anna", 4)
    world.now += 0.1
    world.take("anna", 4, 5, 6)


def test_what_is_heard_counts_as_long_as_it_is(world):
    world.heard["anna"] = names(1, 2, 3) | {"status", "bars:BTC-USDT.SIM:1m"}
    for _ in range(3):
        world.now += FRESH_S
        with pytest.raises(NoCapacityError):
            world.take("anna", 4)
    world.heard["anna"] = names(1, 2)
    world.take("anna", 4)


def test_one_that_two_users_have_counts_for_both(world):
    world.heard = {"anna": names(1, 2, 3), "bob": names(1)}
    world.take("bob", 2, 3)
    with pytest.raises(NoCapacityError):
        world.take("bob", 4)


def test_other_channels_do_not_count(world):
    world.portions.take("anna", {f"bars:BTC-USDT.SIM:{number}m" for number in range(9)}, 3)
    world.take("anna", 1, 2, 3)


def test_the_local_principal_may_have_all(world):
    world.take(LOCAL.user_id, *range(100))


def test_nothing_is_kept_of_those_who_have_gone(world):
    world.take("anna", 1)
    world.now += FRESH_S
    with pytest.raises(NoCapacityError):
        world.take("anna", *range(9))

    assert not world.portions._asked
