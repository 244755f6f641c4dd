"""A node with an account, and short words for what tests of trading do on the page."""

import json
import urllib.error
import urllib.request

from tests.node_process import PATIENCE_S

BTC = "BTC-USDT-SWAP.SIM"
ORDERS = "[...document.querySelectorAll('[data-testid=order]')].map((row) => row.innerText)"
LEVELS = "window.__whisperer.levels()"


def ask(node, method, path, body=None):
    """Return what the node answers; an error answer fails the test."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} if data else {}
    request = urllib.request.Request(f"{node.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as e:
        raise AssertionError(f"{method} {path}: {e.code} {e.read().decode()}") from e


def last(node, instrument_id=BTC):
    """Return the newest price."""
    return float(node.get(f"/api/v1/bars?instrument_id={instrument_id}&interval=1m&limit=1")["items"][0]["c"])


def working(node):
    """Return the working orders, as the node has them."""
    return node.get("/api/v1/orders?state=working")["items"]


def positions(node):
    """Return the open positions, as the node has them."""
    return node.get("/api/v1/positions")["items"]


def clean(node):
    """Leave no order, no position, no strategy and no halt of another test."""
    ask(node, "DELETE", "/api/v1/kill-switch")
    for one in node.get("/api/v1/strategies")["items"]:
        if one["state"] == "running":
            ask(node, "PATCH", f"/api/v1/strategies/{one['name']}", {"state": "stopped"})
        ask(node, "DELETE", f"/api/v1/strategies/{one['name']}")
    ask(node, "DELETE", "/api/v1/orders")
    for one in positions(node):
        ask(node, "POST", f"/api/v1/positions/{one['instrument_id']}/close", {})
    node.until(lambda: not working(node) and not positions(node))


def submit(node, name, **ticket):
    """Send an order past the page; a limit far below the market when nothing else is said."""
    common = {"client_order_id": name, "instrument_id": BTC, "side": "buy", "type": "limit", "quantity": "0.05"}
    price = {} if ticket.get("type") == "market" else {"price": f"{last(node) * 0.95:.1f}"}
    order = ask(node, "POST", "/api/v1/orders", common | price | ticket)
    node.until(lambda: node.get(f"/api/v1/orders/{name}")["status"] != "submitted")
    return order


class TradingPage:
    """One page with the chart and the ticket of an instrument."""

    def __init__(self, watched):
        self.watched = watched
        self.page = watched.page
        self.ticket = self.page.get_by_test_id("ticket")
        self.confirm = self.page.get_by_test_id("confirm")
        self.outcome = self.page.get_by_test_id("outcome")
        self.orders = self.page.get_by_test_id("order")
        self.until = watched.until

    async def open_ticket(self, side="Buy"):
        await self.page.get_by_role("button", name=side, exact=True).click()
        await self.ticket.wait_for()
        return self

    async def choose(self, kind):
        """Choose a type of order."""
        await self.ticket.get_by_text(kind, exact=True).click()

    async def fill(self, label, value):
        await self.ticket.get_by_label(label, exact=True).fill(str(value))

    async def send(self):
        await self.confirm.click()

    async def tab(self, name):
        """Show a part of the account below the charts."""
        words = self.page.get_by_role("group", name="What of your account").get_by_text(name)
        await words.first.click()

    async def has_orders(self, count):
        await self.until(f"count => {ORDERS}.length === count", count)

    async def notice(self, text):
        await self.page.get_by_test_id("notice").filter(has_text=text).first.wait_for()


async def trading_page(open_page, node, **options):
    """Open the chart of an instrument."""
    watched = await open_page(f"{node.url}/#/chart/{BTC}/1m", **options)
    return TradingPage(await watched.chart())
