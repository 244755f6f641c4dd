"""People of a node that runs as a process of its own: signed in, over HTTP."""

import http.client
import json
import subprocess
import sys
from decimal import Decimal

from tests.node_process import ROOT

TEAM = "config/team.toml"
PASSWORD = "a long enough passphrase"
BTC = "BTC-USDT.SIM"
SWAP = "BTC-USDT-SWAP.SIM"


class Person:
    """Somebody who may be signed in; asks over one connection after the other."""

    def __init__(self, node, email):
        self._port = node.port
        self.email = email
        self.token = None
        self.refresh_token = None

    def __call__(self, method, path, body=None, *, headers=None, raw=None):
        """Return (status, body) of one request with the token."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        sent = {"Content-Type": "application/json"} | (headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        text = raw if raw is not None else None if body is None else json.dumps(body)
        connection.request(method, path, text, sent)
        answer = connection.getresponse()
        found = answer.read()
        connection.close()
        return answer.status, json.loads(found) if found[:1] in b"{[" else found.decode()

    def sign_in(self, password=PASSWORD):
        """Sign in; return the answer."""
        self.token = None
        status, found = self("POST", "/auth/v1/token?grant_type=password", {"email": self.email, "password": password})
        return self._take(status, found)

    def refresh(self):
        """Renew the tokens; return the answer."""
        self.token = None
        body = {"refresh_token": self.refresh_token}
        return self._take(*self("POST", "/auth/v1/token?grant_type=refresh_token", body))

    def change_password(self, new=PASSWORD):
        """Change a password that had to be changed."""
        status, found = self("POST", "/api/v1/password", {"new_password": new})
        assert status == 200, found
        return self

    def order(self, name, side="buy", quantity="0.01", **values):
        """Send an order that must be taken; return it."""
        kind = {"type": "market"} if "price" not in values else {"type": "limit"}
        ticket = {"client_order_id": name, "instrument_id": SWAP, "side": side, "quantity": quantity} | kind | values
        status, found = self("POST", "/api/v1/orders", ticket)
        assert status == 201, found
        return found

    def positions(self):
        """Return side and quantity of every position by instrument."""
        status, found = self("GET", "/api/v1/positions")
        assert status == 200, found
        return {one["instrument_id"]: (one["side"], Decimal(one["quantity"])) for one in found["items"]}

    def _take(self, status, found):
        if status == 200:
            self.token, self.refresh_token = found["access_token"], found["refresh_token"]
        return status, found


def first_password(node):
    """Return the first admin's password, which a first start shows."""
    (event,) = [one for one in node.events() if one["event"] == "first_admin"]
    return event["password"]


def first_admin(node):
    """Return the first admin, signed in, with the password changed."""
    admin = Person(node, "admin@localhost")
    assert admin.sign_in(first_password(node))[0] == 200
    return admin.change_password()


def command(state_dir, *arguments, stdin=""):
    """Run `run_node.py user`; return (exit code, stdout, stderr)."""
    line = [sys.executable, "run_node.py", "user", *arguments, "--set", f"node.state_dir={state_dir}"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, input=stdin, check=False)
    return done.returncode, done.stdout, done.stderr
