import pytest

from actors.bridge.rest.limits import TokenBuckets


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_of_requests_may_come_at_once_and_no_more():
    buckets = TokenBuckets(100, Clock())

    budgets = [buckets.take("a") for _ in range(101)]

    assert [one.retry_after_s is None for one in budgets] == [True] * 100 + [False]
    assert [one.remaining for one in budgets[:3]] == [99, 98, 97]


def test_tokens_come_back_with_time():
    clock = Clock()
    buckets = TokenBuckets(60, clock)
    for _ in range(60):
        buckets.take("a")

    refused = buckets.take("a")
    clock.now += refused.retry_after_s
    allowed = buckets.take("a")

    assert refused.retry_after_s == 1.0
    assert allowed.retry_after_s is None


def test_a_refused_request_costs_nothing():
    clock = Clock()
    buckets = TokenBuckets(60, clock)
    for _ in range(1_000):
        buckets.take("a")

    clock.now += 1.0

    assert buckets.take("a").retry_after_s is None


def test_a_long_rest_fills_no_more_than_the_bucket():
    clock = Clock()
    buckets = TokenBuckets(10, clock)
    buckets.take("a")

    clock.now += 86_400.0

    assert buckets.take("a").remaining == 9


def test_reset_tells_when_all_may_come_again():
    buckets = TokenBuckets(60, Clock())

    assert [buckets.take("a").reset_s for _ in range(3)] == [1, 2, 3]


def test_callers_do_not_share_a_bucket():
    buckets = TokenBuckets(1, Clock())
    buckets.take("a")

    assert buckets.take("a").retry_after_s is not None
    assert buckets.take("b").retry_after_s is None


def test_the_longest_unused_bucket_is_forgotten_first():
    buckets = TokenBuckets(1, Clock(), max_keys=3)
    for key in ("a", "b", "c", "a", "d"):
        buckets.take(key)

    assert len(buckets) == 3
    assert buckets.take("a").retry_after_s is not None, "used again, so kept"
    assert buckets.take("b").retry_after_s is None, "forgotten, so full"


def test_a_burst_of_its_own_bounds_what_may_pass_at_once():
    clock = Clock()
    buckets = TokenBuckets(600, clock, burst=3)
    taken = [buckets.take("anna").retry_after_s for _ in range(4)]
    clock.now += 0.1

    assert (taken[:3], taken[3]) == ([None] * 3, pytest.approx(0.1))
    assert buckets.take("anna").retry_after_s is None
    assert buckets.take("bob").remaining == 2
