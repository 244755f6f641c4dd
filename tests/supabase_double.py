"""A stand-in for the authentication service of a Supabase project: real sockets, real signatures, its ways to fail.

It answers what clients of Supabase ask (sign up and in, refresh, user, logout, keys), signs by ES256, RS256 or HS256,
and can be made to hang, to fail or to go away.
"""

import asyncio
import json
import secrets
import socket
import time
import uuid
from datetime import UTC, datetime

import jwt
from aiohttp import web

from tests.token_mint import SECRET, Mint

VERSION = "X-Supabase-Api-Version"
PUBLISHABLE_KEY = "sb_publishable_test"


class RefusedError(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status, self.code, self.more = status, code, more


def _now_text():
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class SupabaseDouble:
    """Users, sessions and keys of one project; `async with` runs it at `url`."""

    def __init__(self, algorithm="ES256", *, lifetime_s=3_600, confirms_at_once=True):
        self.algorithm = algorithm
        self.lifetime_s = lifetime_s
        self.confirms_at_once = confirms_at_once
        self.users = {}
        self.sessions = {}
        """Session id -> user, its newest refresh token, when it signed in, and its level."""
        self.spent = {}
        """Refresh tokens that were used -> session id."""
        self.asked = []
        """`METHOD path` of every request."""
        self.failing = None
        """Status that everything answers with; None: all is well."""
        self.answers = asyncio.Event()
        """Unset: everything hangs."""
        self.answers.set()
        self.mints = []
        self.port = 0
        self._place = socket.socket()
        """Bound and never listening: while the project is away nobody else gets its port."""
        self._runner = None

    # --- running

    async def __aenter__(self):
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port = self._place.getsockname()[1]
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()
        self._place.close()

    async def start(self):
        """Listen; after a `stop` at the same port again."""
        app = web.Application(middlewares=[self._middleware])
        for method, path, handler in self._routes():
            app.router.add_route(method, "/auth/v1" + path, handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        if not self.mints:
            self.rotate()

    async def stop(self):
        """Go away: connections are refused."""
        self.answers.set()
        await self._runner.cleanup()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self):
        return self.url + "/auth/v1"

    def rotate(self, *, keep=1):
        """Sign with a new key; `keep` of the earlier ones stay published."""
        mint = Mint(self.algorithm, issuer=self.issuer, secret=SECRET)
        self.mints = [mint, *self.mints[:keep]]
        return mint

    @property
    def mint(self):
        return self.mints[0]

    def count(self, request):
        return self.asked.count(request)

    # --- what the project's owner does

    def add_user(self, email, password, *, roles=None, confirmed=True, profile=None):
        user_id, now = str(uuid.uuid4()), _now_text()
        metadata = {"provider": "email", "providers": ["email"]} | ({} if roles is None else {"roles": list(roles)})
        user = {
            "id": user_id,
            "aud": "authenticated",
            "role": "authenticated",
            "email": email.lower(),
            "phone": "",
            "app_metadata": metadata,
            "user_metadata": profile or {},
            "identities": [],
            "created_at": now,
            "updated_at": now,
            "is_anonymous": False,
        } | ({"email_confirmed_at": now, "confirmed_at": now} if confirmed else {})
        self.users[user_id] = {"shown": user, "password": password, "banned": False}
        return user_id

    def set_roles(self, user_id, roles):
        self.users[user_id]["shown"]["app_metadata"]["roles"] = list(roles)

    def ban(self, user_id):
        self.users[user_id]["banned"] = True

    def add_factor(self, user_id):
        factor = {"id": str(uuid.uuid4()), "status": "verified", "factor_type": "totp", "friendly_name": "phone"}
        self.users[user_id]["shown"].setdefault("factors", []).append(
            factor | {"created_at": _now_text(), "updated_at": _now_text()}
        )

    def remove(self, user_id):
        del self.users[user_id]
        self.sessions = {name: one for name, one in self.sessions.items() if one["user_id"] != user_id}

    def sign_in(self, user_id, *, aal="aal1"):
        """Begin a session without asking for the password; returns what a token request answers."""
        session_id = str(uuid.uuid4())
        self.sessions[session_id] = {"user_id": user_id, "at": int(time.time()), "aal": aal, "refresh": ""}
        return self._granted(session_id)

    def token(self, session_id, **others):
        session = self.sessions[session_id]
        user = self.users[session["user_id"]]["shown"]
        names = ("email", "phone", "app_metadata", "user_metadata", "role")
        claims = self.mint.claims(
            sub=user["id"],
            session_id=session_id,
            exp=int(time.time()) + self.lifetime_s,
            aal=session["aal"],
            amr=[{"method": "password", "timestamp": session["at"]}],
            jti=str(uuid.uuid4()),
            **{name: user[name] for name in names},
        )
        return self.mint.sign(claims | others)

    def _granted(self, session_id):
        session = self.sessions[session_id]
        session["refresh"] = secrets.token_urlsafe(9)[:12]
        return {
            "access_token": self.token(session_id),
            "token_type": "bearer",
            "expires_in": self.lifetime_s,
            "expires_at": int(time.time()) + self.lifetime_s,
            "refresh_token": session["refresh"],
            "user": self.users[session["user_id"]]["shown"],
        }

    # --- requests

    def _routes(self):
        return [
            ("POST", "/signup", self._sign_up),
            ("POST", "/token", self._token),
            ("GET", "/user", self._user),
            ("PUT", "/user", self._change_user),
            ("POST", "/logout", self._logout),
            ("GET", "/.well-known/jwks.json", self._jwks),
        ]

    @web.middleware
    async def _middleware(self, request, handler):
        self.asked.append(f"{request.method} {request.path.removeprefix('/auth/v1')}")
        await self.answers.wait()
        if self.failing is not None:
            return web.Response(status=self.failing, text="<html>down</html>", content_type="text/html")
        try:
            answer = await self._checked(request, handler)
            answer = answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)
        except RefusedError as e:
            answer = web.json_response({"code": e.code, "message": str(e)} | e.more, status=e.status)
            answer.headers["x-sb-error-code"] = e.code
        answer.headers[VERSION] = "2024-01-01"
        return answer

    async def _checked(self, request, handler):
        """The gateway in front: it wants the project's key, but for the public keys."""
        if not request.path.endswith("jwks.json") and request.headers.get("apikey") != PUBLISHABLE_KEY:
            return web.json_response({"message": "Invalid API key"}, status=401)
        return await handler(request)

    async def _jwks(self, _request):
        keys = [] if self.algorithm == "HS256" else [mint.public for mint in self.mints]
        return web.json_response({"keys": keys}, headers={"Cache-Control": "public, max-age=600"})

    async def _sign_up(self, request):
        sent = await request.json()
        if len(sent["password"]) < 6:
            raise RefusedError(422, "weak_password", "too weak", weak_password={"reasons": ["length", "pwned"]})
        if self._by_email(sent["email"]) is not None:
            raise RefusedError(422, "user_already_exists", "User already registered")
        user_id = self.add_user(
            sent["email"], sent["password"], confirmed=self.confirms_at_once, profile=sent.get("data")
        )
        if not self.confirms_at_once:
            return self.users[user_id]["shown"]
        return self.sign_in(user_id)

    async def _token(self, request):
        sent = await request.json()
        if request.query.get("grant_type") == "password":
            return self.sign_in(self._by_password(sent))
        token = sent["refresh_token"]
        if token in self.spent:
            self.sessions.pop(self.spent[token], None)
            raise RefusedError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        session_id = next((name for name, one in self.sessions.items() if one["refresh"] == token), None)
        if session_id is None:
            raise RefusedError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        if self.users[self.sessions[session_id]["user_id"]]["banned"]:
            raise RefusedError(400, "user_banned", "User is banned")
        self.spent[token] = session_id
        return self._granted(session_id)

    async def _user(self, request):
        return self.users[self._bearer(request)["sub"]]["shown"]

    async def _change_user(self, request):
        kept, sent = self.users[self._bearer(request)["sub"]], await request.json()
        kept["password"] = sent.get("password", kept["password"])
        kept["shown"]["user_metadata"] |= sent.get("data") or {}
        return kept["shown"]

    async def _logout(self, request):
        claims, scope = self._bearer(request), request.query.get("scope", "global")
        for name, one in list(self.sessions.items()):
            is_mine = name == claims["session_id"]
            if one["user_id"] == claims["sub"] and (scope == "global" or is_mine == (scope == "local")):
                del self.sessions[name]
        return web.Response(status=204)

    def _by_email(self, email):
        return next((key for key, user in self.users.items() if user["shown"]["email"] == email.lower()), None)

    def _by_password(self, sent):
        user_id = self._by_email(sent["email"])
        if user_id is None or self.users[user_id]["password"] != sent["password"]:
            raise RefusedError(400, "invalid_credentials", "Invalid login credentials")
        if self.users[user_id]["banned"]:
            raise RefusedError(400, "user_banned", "User is banned")
        if "email_confirmed_at" not in self.users[user_id]["shown"]:
            raise RefusedError(400, "email_not_confirmed", "Email not confirmed")
        return user_id

    def _bearer(self, request):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        claims = self._verified(token)
        if claims["sub"] not in self.users:
            raise RefusedError(403, "user_not_found", "User from sub claim in JWT does not exist")
        if claims["session_id"] not in self.sessions:
            raise RefusedError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return claims

    def _verified(self, token):
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            mint = next(mint for mint in self.mints if mint.kid == kid)
            key = mint.key if self.algorithm == "HS256" else jwt.PyJWK(json.loads(json.dumps(mint.public)))
            return jwt.decode(token, key, [self.algorithm], audience="authenticated")
        except (jwt.PyJWTError, StopIteration) as e:
            raise RefusedError(403, "bad_jwt", "invalid JWT") from e
