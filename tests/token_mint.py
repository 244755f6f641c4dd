"""Tokens as GoTrue makes them, right ones and wrong ones, signed with real keys."""

import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://project.example/auth/v1"
SECRET = "a-secret-of-a-project-that-signs-with-it-0123456789"
_JWK_OF = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm, "EdDSA": OKPAlgorithm}


def segment(value):
    """One part of a token: bytes as they are, anything else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made_key(algorithm):
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return ed25519.Ed25519PrivateKey.generate()


class Mint:
    """One signing key of an issuer."""

    def __init__(self, algorithm="ES256", *, issuer=ISSUER, secret=SECRET):
        self.algorithm = algorithm
        self.issuer = issuer
        self.kid = None if algorithm == "HS256" else str(uuid.uuid4())
        self.key = secret if algorithm == "HS256" else made_key(algorithm)

    @property
    def public(self):
        """Its JSON Web Key."""
        read = json.loads(_JWK_OF[self.algorithm].to_jwk(self.key.public_key()))
        return {**read, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"], "ext": True}

    def claims(self, *, now_s=None, **others):
        """What a user's token says, with other values where given; None leaves a claim out."""
        now_s = int(time.time()) if now_s is None else int(now_s)
        claims = {
            "iss": self.issuer,
            "sub": "11111111-2222-4333-8444-555555555555",
            "aud": "authenticated",
            "exp": now_s + 3_600,
            "iat": now_s,
            "email": "Ann@Example.org",
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"], "roles": ["trader"]},
            "user_metadata": {"full_name": "Ann"},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now_s}],
            "session_id": "99999999-8888-4777-a666-555555555555",
            "is_anonymous": False,
        } | others
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims, *, key=None, headers=None):
        """A token with these claims (bytes: as they are), its header changed by `headers`."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | (headers or {})
        header = {name: value for name, value in header.items() if value is not None}
        return self.sign_parts(segment(header), segment(claims), key=key)

    def sign_parts(self, header, payload, *, key=None):
        """A token of two parts that are encoded already, its signature right."""
        text = f"{header}.{payload}"
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        signed = algorithm.sign(text.encode(), algorithm.prepare_key(self.key if key is None else key))
        return f"{text}.{segment(signed)}"

    def token(self, **others):
        return self.sign(self.claims(**others))


def with_hmac(header, claims, key):
    """A token signed with HS256 and whatever bytes serve as the key, which no library would do."""
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(hmac.digest(key, text.encode(), hashlib.sha256))}"


def key_set(*mints):
    return json.dumps({"keys": [mint.public for mint in mints]}).encode()
