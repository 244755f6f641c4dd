"""The circuit breaker."""

from actors.signal.outside.breaker import Breaker


class Watch:
    now = 0.0

    def __call__(self):
        return self.now


def opened(watch):
    breaker = Breaker(watch)
    for _ in range(5):
        assert breaker.allows()
        breaker.fail()
    return breaker


def test_it_opens_after_five_failures_in_a_row_and_not_before():
    breaker = Breaker(Watch())
    for _ in range(4):
        breaker.fail()
    breaker.succeed()
    for _ in range(4):
        breaker.fail()

    assert breaker.allows()
    breaker.fail()
    assert (breaker.state, breaker.allows()) == ("open", False)


def test_after_thirty_seconds_it_lets_one_at_a_time_through_and_closes_after_three():
    watch = Watch()
    breaker = opened(watch)
    watch.now = 29.9
    assert not breaker.allows()

    watch.now = 30.0
    for _ in range(3):
        assert breaker.state == "half_open"
        assert breaker.allows()
        assert not breaker.allows()
        breaker.succeed()

    assert breaker.state == "closed"
    assert breaker.allows()
    assert breaker.allows()


def test_a_failure_while_half_open_opens_it_for_another_thirty_seconds():
    watch = Watch()
    breaker = opened(watch)
    watch.now = 30.0
    assert breaker.allows()
    breaker.succeed()
    assert breaker.allows()
    breaker.fail()

    watch.now = 59.9
    assert not breaker.allows()
    watch.now = 60.0
    assert breaker.allows()
    breaker.succeed()
    assert breaker.state == "half_open"


def test_a_call_that_says_nothing_of_the_service_gives_its_turn_back():
    watch = Watch()
    breaker = opened(watch)
    watch.now = 30.0
    assert breaker.allows()
    breaker.release()

    assert breaker.allows()
    assert breaker.state == "half_open"
