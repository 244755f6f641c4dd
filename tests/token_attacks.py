"""Tokens that must open nothing, made from an issuer's signing key; used against the verifier, REST and sockets."""

import base64
import json
import time
import uuid

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.token_mint import Mint, made_key, segment, with_hmac

ATTACKS = {}
"""Name -> function of a mint (asymmetric, its key published) that makes the token."""


def attack(make):
    ATTACKS[make.__name__] = make
    return make


def _public(mint, encoding, kind=PublicFormat.SubjectPublicKeyInfo):
    return mint.key.public_key().public_bytes(encoding, kind)


def _header(mint, **changes):
    return {"alg": mint.algorithm, "kid": mint.kid, "typ": "JWT"} | changes


def _swapped(text, at):
    """The same text with one character replaced by another of the alphabet."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


# --- no signature, another algorithm, another key


@attack
def nothing(mint):
    return ""


@attack
def garbage(mint):
    return "a.b"


@attack
def not_ascii(mint):
    return mint.token() + "é"


@attack
def two_tokens(mint):
    return f"{mint.token()}.{mint.token()}"


@attack
def alg_none(mint):
    return f"{segment(_header(mint, alg='none'))}.{segment(mint.claims())}."


@attack
def alg_none_with_signature(mint):
    return f"{segment(_header(mint, alg='None'))}.{segment(mint.claims())}.{mint.token().rpartition('.')[2]}"


@attack
def no_alg(mint):
    return mint.sign(mint.claims(), headers={"alg": None})


@attack
def alg_is_a_list(mint):
    return mint.sign(mint.claims(), headers={"alg": [mint.algorithm]})


@attack
def alg_in_other_case(mint):
    return mint.sign(mint.claims(), headers={"alg": mint.algorithm.lower()})


@attack
def alg_of_a_longer_curve(mint):
    return mint.sign(mint.claims(), headers={"alg": "ES512"})


@attack
def alg_swapped_to_rsa(mint):
    return Mint("RS256", issuer=mint.issuer).sign(mint.claims(), headers={"kid": mint.kid})


@attack
def confused_with_pem(mint):
    return with_hmac(_header(mint, alg="HS256"), mint.claims(), _public(mint, Encoding.PEM))


@attack
def confused_with_der(mint):
    return with_hmac(_header(mint, alg="HS256"), mint.claims(), _public(mint, Encoding.DER))


@attack
def confused_with_jwk(mint):
    return with_hmac(_header(mint, alg="HS256"), mint.claims(), json.dumps(mint.public).encode())


@attack
def empty_secret(mint):
    return with_hmac(_header(mint, alg="HS256"), mint.claims(), b"")


@attack
def another_key(mint):
    return mint.sign(mint.claims(), key=made_key(mint.algorithm))


# --- key ids and keys that the token brings along


@attack
def no_kid(mint):
    return mint.sign(mint.claims(), headers={"kid": None})


@attack
def unknown_kid(mint):
    return mint.sign(mint.claims(), headers={"kid": str(uuid.uuid4())})


@attack
def empty_kid(mint):
    return mint.sign(mint.claims(), headers={"kid": ""})


@attack
def kid_is_a_path(mint):
    return with_hmac(_header(mint, alg="HS256", kid="../../../../dev/null"), mint.claims(), b"")


@attack
def kid_is_sql(mint):
    return mint.sign(mint.claims(), headers={"kid": "x' UNION SELECT 'secret' --"})


@attack
def kid_is_a_number(mint):
    return mint.sign(mint.claims(), headers={"kid": 0})


@attack
def kid_is_a_list(mint):
    return mint.sign(mint.claims(), headers={"kid": [mint.kid]})


@attack
def own_jwk(mint):
    other = Mint(mint.algorithm, issuer=mint.issuer)
    return other.sign(mint.claims(), headers={"jwk": other.public})


@attack
def own_jwk_with_known_kid(mint):
    other = Mint(mint.algorithm, issuer=mint.issuer)
    return other.sign(mint.claims(), headers={"kid": mint.kid, "jwk": {**other.public, "kid": mint.kid}})


@attack
def own_jku(mint):
    other = Mint(mint.algorithm, issuer=mint.issuer)
    return other.sign(mint.claims(), headers={"kid": mint.kid, "jku": "https://evil.example/jwks.json"})


@attack
def right_key_and_jku(mint):
    return mint.sign(mint.claims(), headers={"jku": "https://evil.example/jwks.json"})


@attack
def own_certificate(mint):
    return mint.sign(mint.claims(), headers={"x5u": "https://evil.example/cert.pem", "x5c": ["MIIB"]})


@attack
def critical_header(mint):
    return mint.sign(mint.claims(), headers={"crit": ["exp"], "exp": 0})


@attack
def payload_not_encoded(mint):
    return mint.sign(mint.claims(), headers={"b64": False, "crit": ["b64"]})


@attack
def compressed(mint):
    return mint.sign(mint.claims(), headers={"zip": "DEF"})


@attack
def another_type(mint):
    return mint.sign(mint.claims(), headers={"typ": "JWE"})


# --- text that was changed


@attack
def tampered_header(mint):
    return _swapped(mint.token(), 20)


@attack
def tampered_payload(mint):
    token = mint.token()
    return _swapped(token, token.index(".") + 40)


@attack
def tampered_signature(mint):
    token = mint.token()
    return _swapped(token, token.rindex(".") + 10)


@attack
def signature_with_spare_bits(mint):
    """The last character of 64 bytes has four bits that mean nothing."""
    token = mint.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


@attack
def signature_cut_off(mint):
    return mint.token().rpartition(".")[0] + "."


@attack
def signature_of_zeros(mint):
    return f"{mint.token().rpartition('.')[0]}.{segment(bytes(64))}"


@attack
def padded(mint):
    return mint.token() + "=="


@attack
def with_a_line_end(mint):
    return mint.token() + "\n"


@attack
def more_rights(mint):
    """The signature of one token under the payload of another."""
    header, _, signature = mint.token().split(".")
    return f"{header}.{segment(mint.claims(app_metadata={'roles': ['admin']}))}.{signature}"


# --- claims


@attack
def expired(mint):
    return mint.token(now_s=time.time() - 7_200)


@attack
def not_yet_valid(mint):
    return mint.token(nbf=int(time.time()) + 600)


@attack
def issued_in_the_future(mint):
    return mint.token(now_s=time.time() + 600)


@attack
def no_exp(mint):
    return mint.token(exp=None)


@attack
def no_iat(mint):
    return mint.token(iat=None)


@attack
def exp_is_a_float(mint):
    return mint.token(exp=time.time() + 3_600)


@attack
def exp_is_text(mint):
    return mint.token(exp=str(int(time.time()) + 3_600))


@attack
def exp_is_true(mint):
    return mint.token(exp=True)


@attack
def exp_is_huge(mint):
    return mint.token(exp=10**30)


@attack
def exp_is_in_a_year(mint):
    return mint.token(exp=int(time.time()) + 31_536_000)


@attack
def exp_is_infinite(mint):
    return mint.sign(json.dumps(mint.claims(exp=float("inf"))).encode())


@attack
def exp_with_exponent(mint):
    return mint.sign(json.dumps(mint.claims(exp=7)).replace('"exp": 7', '"exp": 9e9').encode())


@attack
def exp_of_many_digits(mint):
    return mint.sign(json.dumps(mint.claims(exp=7)).replace('"exp": 7', f'"exp": {"9" * 5_000}').encode())


@attack
def exp_twice(mint):
    return mint.sign(json.dumps(mint.claims(now_s=1)).replace("{", f'{{"exp": {int(time.time()) + 60}, ', 1).encode())


@attack
def role_twice(mint):
    return mint.sign(json.dumps(mint.claims()).replace("{", '{"role": "anon", ', 1).encode())


@attack
def header_names_alg_twice(mint):
    header = json.dumps(_header(mint)).replace("{", '{"alg": "none", ', 1).encode()
    return mint.sign_parts(segment(header), segment(mint.claims()))


@attack
def another_audience(mint):
    return mint.token(aud="anon")


@attack
def no_audience(mint):
    return mint.token(aud=None)


@attack
def another_issuer(mint):
    return mint.token(iss="https://evil.example/auth/v1")


@attack
def longer_issuer(mint):
    return mint.token(iss=mint.issuer + "/")


@attack
def issuer_is_a_list(mint):
    return mint.token(iss=[mint.issuer])


@attack
def no_issuer(mint):
    return mint.token(iss=None)


@attack
def service_role(mint):
    return mint.token(role="service_role", sub=None, session_id=None)


@attack
def service_role_with_subject(mint):
    return mint.token(role="service_role")


@attack
def anon_key(mint):
    return mint.token(role="anon", aud=None, sub=None, session_id=None)


@attack
def anonymous(mint):
    return mint.token(is_anonymous=True)


@attack
def anonymous_in_other_words(mint):
    return mint.token(is_anonymous="true")


@attack
def no_subject(mint):
    return mint.token(sub=None)


@attack
def subject_is_no_id(mint):
    return mint.token(sub="local")


@attack
def subject_with_a_line_end(mint):
    return mint.token(sub=mint.claims()["sub"] + "\n")


@attack
def no_session(mint):
    return mint.token(session_id=None)


@attack
def session_is_no_id(mint):
    return mint.token(session_id="../" * 12)


# --- what is no token at all, and what is too much


@attack
def refresh_token(mint):
    """As GoTrue makes them: no JWT."""
    return base64.urlsafe_b64encode(bytes(1) + uuid.uuid4().bytes + bytes(21)).rstrip(b"=").decode()


@attack
def short_refresh_token(mint):
    return "v1_Qn7rJ2pLw"


@attack
def secret_api_key(mint):
    return "sb_secret_0123456789abcdefghij"


@attack
def payload_is_a_list(mint):
    return mint.sign(b"[1]")


@attack
def payload_is_no_json(mint):
    return mint.sign(b"{")


@attack
def payload_is_no_utf8(mint):
    return mint.sign(b'{"sub": "\xff"}')


@attack
def payload_in_utf16(mint):
    return mint.sign(json.dumps(mint.claims()).encode("utf-16"))


@attack
def lone_surrogate(mint):
    return mint.sign(json.dumps(mint.claims(user_metadata={"name": "\ud800"})).encode())


@attack
def deep_payload(mint):
    payload = json.dumps(mint.claims(user_metadata={"x": "here"}))
    return mint.sign(payload.replace('"here"', f"{'[' * 2_000}{']' * 2_000}").encode())


@attack
def deep_header(mint):
    header = json.dumps(_header(mint)).replace("{", f'{{"x": {"[" * 2_000}{"]" * 2_000}, ', 1).encode()
    return mint.sign_parts(segment(header), segment(mint.claims()))


@attack
def oversized(mint):
    return mint.token(user_metadata={"x": "y" * 8_192})


@attack
def huge(mint):
    return "a" * 1_000_000
