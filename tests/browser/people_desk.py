"""A node with users, and short words for what tests of signing in do on its page."""

import json
import urllib.error
import urllib.request

from tests.node_process import PATIENCE_S, NodeProcess

ADMIN = "admin@localhost"
PASSWORD = "plain words make it long"
REFUSED = ("status of 400", "status of 401", "answer: 400 ", "answer: 401 ")
"""What a browser says of a wrong password, a wrong code, or a session that has ended."""


class Team(NodeProcess):
    """A node with users; its first admin has a password of their own."""

    def __init__(self, state_dir, *settings):
        super().__init__(state_dir, *settings, config="config/team.toml")
        self.tokens = {}

    def settle(self):
        """Give the first admin another password than the one that was printed."""
        self.said("first_admin")
        line = next(line for line in self.lines if "first_admin" in line)
        printed = json.loads(line[line.index("{") :])["password"]
        self.sign_in(ADMIN, printed)
        self.ask(ADMIN, "POST", "/api/v1/password", {"current_password": printed, "new_password": PASSWORD})
        self.sign_in(ADMIN)
        return self

    def sign_in(self, email, password=PASSWORD):
        """Begin a session past the page."""
        granted = self._post(None, "POST", "/auth/v1/token?grant_type=password", {"email": email, "password": password})
        self.tokens[email] = granted["access_token"]

    def add(self, email, *roles):
        """Make a user who need not change the password."""
        wish = {"email": email, "password": PASSWORD, "roles": roles or ("trader",), "must_change": False}
        self.ask(ADMIN, "POST", "/api/v1/users", wish)
        self.sign_in(email)
        return email

    def ask(self, email, method, path, body=None):
        """Return what the node answers somebody; an error answer fails the test."""
        return self._post(self.tokens[email], method, path, body)

    def _post(self, token, method, path, body):
        headers = {"content-type": "application/json"} if body is not None else {}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {path}: {e.code} {e.read().decode()}") from e


async def give(page, email, password=PASSWORD):
    """Fill in the card that asks who one is."""
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def signed_in(open_page, team, email, address="/", **options):
    """Open the page and sign in on it."""
    watched = await open_page(f"{team.url}{address}", **options)
    await give(watched.page, email)
    await watched.page.get_by_test_id("account-menu").wait_for()
    return watched


async def sign_out(page):
    """Leave, as a user does; the page begins anew, and what was typed before that would be lost."""
    await page.get_by_test_id("account-menu").click()
    async with page.expect_event("domcontentloaded"):
        await page.get_by_role("button", name="Sign out").click()
    await page.get_by_test_id("sign-in").wait_for()
