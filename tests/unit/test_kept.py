"""The bounded store of bytes."""

from hypothesis import given
from hypothesis import strategies as st

from actors.cache.kept import OVERHEAD, Entry, Kept


def test_an_entry_is_given_until_its_end_and_never_after():
    kept = Kept(10, 10_000)
    kept.put("a", Entry(b"1", 5.0), 0.0)

    assert kept.get("a", 4.999).value == b"1"
    assert kept.get("a", 5.0) is None
    assert len(kept) == 0
    assert kept.bytes == 0


def test_the_longest_unused_makes_room():
    kept = Kept(2, 10_000)
    for name in ("a", "b"):
        kept.put(name, Entry(b"1", 5.0), 0.0)
    kept.get("a", 1.0)
    kept.put("c", Entry(b"1", 5.0), 1.0)

    assert [kept.get(name, 1.0) is not None for name in "abc"] == [True, False, True]


def test_a_value_above_all_bounds_is_not_kept_and_pushes_nothing_out():
    kept = Kept(10, 1_000)
    kept.put("a", Entry(b"1", 5.0), 0.0)
    kept.put("b", Entry(b"x" * 1_000, 5.0), 0.0)

    assert kept.get("a", 0.0) is not None
    assert kept.get("b", 0.0) is None


def test_what_expired_unasked_goes_as_others_come():
    kept = Kept(1_000, 1_000_000)
    for number in range(100):
        kept.put(f"old {number}", Entry(b"1", 1.0), 0.0)
    for number in range(100):
        kept.put(f"new {number}", Entry(b"1", 9.0), 2.0)

    assert len(kept) == 100


puts = st.lists(st.tuples(st.integers(0, 8), st.binary(max_size=400), st.integers(0, 9), st.integers(0, 3)))


@given(puts=puts, max_entries=st.integers(1, 5), max_bytes=st.integers(1, 2_000))
def test_it_never_holds_more_than_its_bounds_and_counts_right(puts, max_entries, max_bytes):
    kept, now, model = Kept(max_entries, max_bytes), 0, {}
    for name, value, lifetime, step in puts:
        now += step
        kept.put(str(name), Entry(value, now + lifetime), now)
        model[str(name)] = value, now + lifetime
        assert len(kept) <= max_entries
        assert kept.bytes <= max_bytes
        assert kept.bytes == sum(OVERHEAD + len(k) + len(e.value) for k, e in kept._entries.items())
        for key, (newest, until) in model.items():
            entry = kept.get(key, now)
            assert entry is None or (entry.value == newest and until > now)
