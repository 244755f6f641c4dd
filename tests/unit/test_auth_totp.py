"""Second factor: codes of the present, once each; recovery codes, once each."""

import hmac
import re

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.auth import totp

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW_S = 1_795_000_000
STEP = NOW_S // 30


def code_at(step, secret=SECRET):
    return pyotp.TOTP(secret).at(step * 30)


def matched(code, *, now_s=NOW_S, used_step=0, secret=SECRET):
    return totp.matched_step(secret, code, now_s=now_s, used_step=used_step)


@pytest.mark.parametrize("around", [-1, 0, 1])
def test_a_code_counts_although_the_clocks_differ_a_little(around):
    assert matched(code_at(STEP + around)) == STEP + around


@pytest.mark.parametrize("around", [-20, -2, 2, 20])
def test_a_code_of_another_time_counts_no_more(around):
    assert matched(code_at(STEP + around)) is None


@pytest.mark.parametrize("around", [-1, 0, 1])
def test_no_code_counts_twice(around):
    used = matched(code_at(STEP + around))

    assert matched(code_at(STEP + around), used_step=used) is None
    assert matched(code_at(STEP + around - 1), used_step=used) is None


def test_the_next_code_counts_after_one_was_used():
    used = matched(code_at(STEP))

    assert matched(code_at(STEP + 1), used_step=used) == STEP + 1


def test_a_clock_that_was_put_back_brings_no_used_code_back():
    used = matched(code_at(STEP + 100), now_s=NOW_S + 3_000)

    assert matched(code_at(STEP), used_step=used) is None


def test_a_code_of_another_secret_does_not_count():
    other = totp.new_secret()
    wrong = {code_at(STEP + around, other) for around in (-1, 0, 1)}
    wrong -= {code_at(STEP + around) for around in (-1, 0, 1)}

    assert all(matched(code) is None for code in wrong)


def test_what_people_put_between_digits_does_not_matter():
    code = code_at(STEP)

    assert matched(f" {code[:3]} {code[3:]} ") == matched(f"{code[:3]}-{code[3:]}") == STEP


@settings(max_examples=200)
@given(st.text(max_size=12))
def test_what_is_no_code_is_refused_and_breaks_nothing(text):
    if re.fullmatch(r"[0-9]{6}", text.replace(" ", "").replace("-", ""), re.ASCII) is None:
        assert matched(text) is None


def test_digits_of_other_scripts_are_none():
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code_at(STEP))

    assert matched(wide) is None


def test_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, the last six digits of its eight."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    known = {59: "287082", 1_111_111_109: "081804", 1_234_567_890: "005924", 20_000_000_000: "353130"}

    for now_s, code in known.items():
        assert matched(code, now_s=now_s, secret=secret) == now_s // 30


def test_an_app_reads_the_uri():
    secret = totp.new_secret()
    parsed = pyotp.parse_uri(totp.uri(secret, account="anna+x@example.org", issuer="Whisperer & co"))

    assert (parsed.secret, parsed.name, parsed.issuer) == (secret, "anna+x@example.org", "Whisperer & co")
    assert len(secret) == 32
    assert secret != totp.new_secret()


def test_there_are_ten_recovery_codes_of_two_halves_and_no_two_alike():
    codes, kept = totp.new_recovery_codes(SECRET)

    assert len(set(codes)) == len(set(kept)) == 10
    assert all(re.fullmatch(r"[a-z2-9]{5}-[a-z2-9]{5}", code) for code in codes)
    assert not any(code in str(kept) or code.replace("-", "") in str(kept) for code in codes)


def test_each_recovery_code_counts_once_however_it_is_typed():
    codes, kept = totp.new_recovery_codes(SECRET)

    left = totp.spend_recovery_code(SECRET, codes[3].upper().replace("-", "  "), kept)

    assert left == kept[:3] + kept[4:]
    assert totp.spend_recovery_code(SECRET, codes[3], left) is None
    assert totp.spend_recovery_code(SECRET, codes[0], left) == left[1:]


@pytest.mark.parametrize(
    "code", ["", "123456", "aaaaa-aaaaa", "aaaaa", "aaaaaaaaaaa", "\u0430aaaa-aaaaa", "\ud800" * 10]
)
def test_what_is_no_recovery_code_is_refused(code):
    _, kept = totp.new_recovery_codes(SECRET)

    assert totp.spend_recovery_code(SECRET, code, kept) is None


def test_a_recovery_code_of_somebody_else_does_not_count():
    codes, kept = totp.new_recovery_codes(SECRET)

    assert totp.spend_recovery_code(totp.new_secret(), codes[0], kept) is None


def test_what_is_kept_cannot_be_tried_without_the_secret():
    """Fifty bits can be tried against a plain hash: the sealed secret has to be part of it."""
    codes, kept = totp.new_recovery_codes(SECRET)
    typed = codes[0].replace("-", "").encode()

    assert kept[0] == hmac.digest(SECRET.encode(), b"recovery code\0" + typed, "sha256").hex()
