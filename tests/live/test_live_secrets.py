"""No secret is anywhere but with its owner: markers are planted in a real node, then all that it leaves is searched."""

import asyncio
import base64
import contextlib
import http.client
import json
import subprocess
import sys

import aiohttp
import pyotp
import pytest

from tests.live.people import TEAM, Person, command, first_password
from tests.node_process import ROOT, NodeProcess

pytestmark = pytest.mark.slow
PROJECT_SECRET = "marker-of-the-metrics-token-4711"
SETTINGS = ("buffer.window=100", "signals=[]", "log.level=debug", "server.metrics_token_env=MARKED_METRICS_TOKEN")
FIRST, SECOND, THIRD = "marker-first-passphrase", "marker-second-passphrase", "marker-third-passphrase"


class Markers:
    """Every secret that was ever typed or shown, by name."""

    def __init__(self):
        self.texts = {}

    def plant(self, name, text):
        """Remember a secret; return it."""
        assert len(text) >= 8, name
        self.texts[f"{name} {len(self.texts)}"] = text
        return text

    def found_in(self, place, content):
        """Return which of them stand in something, in any of the forms that a program may give it."""
        raw = content.encode() if isinstance(content, str) else content
        return [f"{name} in {place}" for name, text in self.texts.items() if any(form in raw for form in _forms(text))]


class Watched(Person):
    """Keeps every answer but those whose purpose is to show its owner a secret."""

    def __init__(self, node, email, markers, said):
        super().__init__(node, email)
        self.markers, self.said = markers, said

    def __call__(self, method, path, body=None, *, headers=None, raw=None, shows=()):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        sent = {"Content-Type": "application/json"} | (headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        connection.request(method, path, raw if raw is not None else body and json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        found = json.loads(text) if text[:1] in {"{", "["} else text
        if answer.status < 300 and "grant_type" in path:
            shows = ("access_token", "refresh_token")
        for name in shows:
            shown = found[name]
            for one in [shown] if isinstance(shown, str) else shown:
                self.markers.plant(name, one)
        if not shows or answer.status >= 300:
            self.said.append((f"{method} {path}", f"{answer.status} {answer.headers} {text}"))
        return answer.status, found


def test_no_secret_is_anywhere_but_with_its_owner(tmp_path, monkeypatch):
    markers, said = Markers(), []
    monkeypatch.setenv("MARKED_METRICS_TOKEN", markers.plant("metrics token", PROJECT_SECRET))
    for name, text in (("first password", FIRST), ("second password", SECOND), ("third password", THIRD)):
        markers.plant(name, text)
    state_dir = tmp_path / "var"
    with NodeProcess(state_dir, *SETTINGS, config=TEAM) as node:
        node.ready()
        anna = with_everything(node, state_dir, markers, said)
        wrong_doing(node, anna, markers, said)
        asyncio.run(on_sockets(node, anna, markers, said))
        read_everything(node, anna)
        printed(state_dir, tmp_path, said)
        node.kill()
        lines = list(node.lines)
        node.start()
        node.ready()
        anna("GET", "/api/v1/session")
        node.stop()
        lines += node.lines
    shown = [line for line in lines if '"first_admin"' in line]
    assert len(shown) == 1  # the one place for it: whoever starts the node reads the first password, once
    places = [("the log", line) for line in lines if line not in shown] + said
    files = [path for folder in (state_dir, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert {"journal.db", "backup.db", "master.key"} <= {path.name for path in files}
    places += [(path.name, path.read_bytes()) for path in files if path.name != "master.key"]
    for key in (state_dir / "master.key").read_text().strip().split(","):
        markers.plant("master key", key)

    assert len(markers.texts) > 25
    assert [one for place, content in places for one in markers.found_in(place, content)] == []


def with_everything(node, state_dir, markers, said):
    """Return somebody who is signed in with a second factor, and has used an API key and a recovery code."""
    admin = Watched(node, "admin@localhost", markers, said)
    markers.plant("made password", first_password(node))
    assert admin.sign_in(first_password(node))[0] == 200
    assert admin("POST", "/api/v1/password", {"new_password": FIRST})[0] == 200
    said.append(("user add", str(command(state_dir, "add", "anna@x.org", "--password-stdin", stdin=f"{SECOND}\n"))))
    made = command(state_dir, "passwd", "anna@x.org")[1]
    temporary = markers.plant("made password", made.partition("password: ")[2].split()[0])
    status, user = admin("POST", "/api/v1/users", {"email": "bob@x.org", "roles": ["viewer"]}, shows=("password",))
    assert status == 201, user
    anna = Watched(node, "anna@x.org", markers, said)
    assert anna.sign_in(temporary)[0] == 200
    assert anna("POST", "/api/v1/password", {"new_password": THIRD})[0] == 200
    assert anna.refresh()[0] == 200
    status, begun = anna("POST", "/api/v1/two-factor", {"name": "phone"}, shows=("secret",))
    assert status in {200, 201}, begun
    code = pyotp.TOTP(begun["secret"]).now()
    check = {"factor_id": begun["factor_id"], "code": code}
    status, verified = anna(
        "POST", "/api/v1/two-factor/verify", check, shows=("recovery_codes", "access_token", "refresh_token")
    )
    assert status == 200, verified
    anna.token, anna.refresh_token = verified["access_token"], verified["refresh_token"]
    assert anna.sign_in(THIRD)[0] == 200
    recovery = {"code": verified["recovery_codes"][0]}
    status, again = anna("POST", "/api/v1/two-factor/verify", recovery, shows=("access_token", "refresh_token"))
    assert status == 200, again
    anna.token, anna.refresh_token = again["access_token"], again["refresh_token"]
    status, key = anna("POST", "/api/v1/api-keys", {"name": "bot", "scopes": ["read"]}, shows=("text",))
    assert status == 201, key
    assert anna("GET", "/api/v1/orders", headers={"Authorization": f"Bearer {key['text']}"})[0] == 200
    assert anna("DELETE", f"/api/v1/api-keys/{key['key']['key_id']}")[0] == 204
    return anna


def wrong_doing(node, anna, markers, said):
    """Send secrets where they do not belong, in every way that makes an error."""
    stranger = Watched(node, "nobody@x.org", markers, said)
    wrong = markers.plant("wrong password", "marker-wrong-passphrase")
    tokens = [text for name, text in markers.texts.items() if name.startswith(("access_token", "text"))]
    for person in (stranger, anna):
        body = {"email": person.email, "password": wrong}
        stranger("POST", "/auth/v1/token?grant_type=password", body)
        stranger("POST", "/api/auth/login", body | {"extra": wrong})
        stranger("POST", "/auth/v1/signup", body)
    stranger("POST", f"/auth/v1/token?grant_type=password&password={wrong}", {"email": wrong})
    stranger("POST", "/auth/v1/token?grant_type=password", raw='{"email": "a@b", "password": "' + wrong)
    stranger("POST", "/auth/v1/token?grant_type=refresh_token", {"refresh_token": anna.refresh_token + "x"})
    for token in tokens:
        for path in ("/api/v1/orders", f"/api/v1/orders/{token}", f"/api/v1/orders?token={token}", f"/{token}"):
            stranger("GET", path, headers={"Authorization": f"Bearer {token[:-2]}"})
        stranger("GET", "/api/v1/orders", headers={"Authorization": token, "Cookie": token, "Referer": token})
    anna("POST", "/api/v1/password", {"current_password": wrong, "new_password": THIRD + "-new"})
    anna("POST", "/api/v1/password", {"current_password": THIRD, "new_password": anna.email})
    anna("POST", "/api/v1/orders", {"client_order_id": wrong, "password": wrong})
    anna("POST", "/api/v1/two-factor/verify", {"code": wrong})
    anna("PATCH", "/api/v1/limits", {"max_order_notional": wrong})


async def on_sockets(node, anna, markers, said):
    """Sign in on the WebSocket in every form, and badly."""
    _, ticket = await asyncio.to_thread(anna, "POST", "/api/v1/ws-ticket", shows=("ticket",))
    tokens = [anna.token, anna.token + "x", "wk_abcdefghijkl_" + "m" * 43]
    async with aiohttp.ClientSession() as http_session:
        for query in (f"?ticket={ticket['ticket']}", f"?ticket={ticket['ticket']}", f"?token={anna.token}", ""):
            for token in tokens:
                said += await conversation(http_session, f"{node.url}/ws{query}", token)
        for token in tokens:
            try:
                async with http_session.ws_connect(f"{node.url}/ws", protocols=("trader.v1", f"bearer.{token}")) as ws:
                    said.append(("a handshake", str(ws._response.headers)))
                    said.append(("a socket", str((await ws.receive()).data)))
            except aiohttp.WSServerHandshakeError as e:
                said.append(("a handshake", f"{e.status} {e.headers}"))
    assert any("hello" in text for _, text in said)


async def conversation(http_session, url, token):
    """Sign in by the first message and say wrong things; return what was answered."""
    heard = []
    try:
        async with http_session.ws_connect(url) as ws, asyncio.timeout(60):
            await ws.send_json({"op": "auth", "id": 1, "token": token})
            await ws.send_json({"op": "subscribe", "id": 2, "ch": ["orders", f"bars:{token}"]})
            await ws.send_json({"op": token, "id": 3})
            async for message in ws:
                heard.append(("a socket", str(message.data)))
                if json.loads(message.data).get("id") == 3:
                    break
            heard.append(("a close", str(ws.close_code)))
    except aiohttp.WSServerHandshakeError as e:
        heard.append(("a handshake", f"{e.status} {e.headers}"))
    except aiohttp.ClientError as e:
        heard.append(("a closed socket", str(e)))
    return heard


def read_everything(node, anna):
    """Ask for everything that can be read, as a user and as an admin."""
    admin = Watched(node, "admin@localhost", anna.markers, anna.said)
    assert admin.sign_in(FIRST)[0] == 200
    paths = [path for path, verbs in admin("GET", "/openapi.json")[1]["paths"].items() if "get" in verbs]
    ids = [user["user_id"] for user in admin("GET", "/api/v1/users")[1]["items"]]
    for path in sorted({*paths, "/metrics", "/health", "/api/v1/audit?limit=1000", "/auth/v1/admin/users"}):
        for person in (anna, admin):
            person("GET", path.replace("{user_id}", ids[0]))
    for user_id in ids:
        for end in ("", "/sessions", "/limits"):
            admin("GET", f"/api/v1/users/{user_id}{end}")
    assert any("whisperer_" in text for _, text in anna.said)


def printed(state_dir, folder, said):
    """Run what prints settings and copies the journal."""
    own = ["--config", TEAM, "--set", f"node.state_dir={state_dir}"]
    own += [text for setting in SETTINGS for text in ("--set", setting)]
    for arguments in (
        ["config", "show", *own],
        ["config", "schema"],
        ["db", "backup", str(folder / "backup.db"), *own],
        ["db", "check", *own],
        ["user", "list", "--json", *own],
        ["live", *own],
    ):
        done = subprocess.run(
            [sys.executable, "run_node.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        said.append((" ".join(arguments[:2]), done.stdout + done.stderr))
    assert (folder / "backup.db").exists()


def _forms(text):
    """Return how a secret may be written down."""
    yield text.encode()
    yield text.replace("-", "").encode() if text.count("-") == 1 else text.encode()
    yield base64.b64encode(text.encode())
    padded = text + "=" * (-len(text) % 8)
    with contextlib.suppress(ValueError):
        yield base64.b32decode(padded)
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        return
    if len(decoded) >= 16:
        yield decoded
