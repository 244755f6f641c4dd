"""A page whose mistakes are counted, with short words for what tests do on it."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WAIT_MS = 60_000
CONSOLE, ANSWER = "console: ", "answer: "
"""Where a mistake was heard; the others are exceptions of the page."""
CUT = (
    "net::ERR_CONNECTION_RESET",  # with the question
    "net::ERR_CONNECTION_CLOSED",
    "net::ERR_EMPTY_RESPONSE",  # before the first byte of an answer
    "net::ERR_CONTENT_LENGTH_MISMATCH",  # in the middle of one
)
"""What Chromium says of a line that is cut while something is asked over it."""
ABSENCE = (
    *CUT,
    "net::ERR_CONNECTION_REFUSED",  # nobody listens
    "Connection closed before receiving a handshake response",
    "Unexpected response code: 503",  # it goes, or is back and not ready
    "responded with a status of 503",
    f"{ANSWER}503 ",
)
"""What Chromium says of a server that goes away and comes back."""


LOOK_S = 0.1
"""Between two looks of `seen`."""


async def seen(locator, *, state="visible", timeout=WAIT_MS):  # noqa: ASYNC109  # it stands in for the library's
    """Wait for a state of an element as `Locator.wait_for` does, whose looks come half a second after each other."""
    deadline = asyncio.get_running_loop().time() + timeout / 1000
    while not await _is(locator, state):
        assert asyncio.get_running_loop().time() < deadline, f"never {state}: {locator}"
        await asyncio.sleep(LOOK_S)


async def _is(locator, state):
    if state in {"attached", "detached"}:
        return (await locator.count() > 0) is (state == "attached")
    return await locator.is_visible() is (state == "visible")


class Watched:
    """One page of one browser context."""

    def __init__(self, page, url):
        self.page = page
        self.host = urlsplit(url).netloc
        self.mistakes = []
        self.elsewhere = []
        self._forgiven = ()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda line: line.type in {"error", "warning"} and self.mistakes.append(CONSOLE + line.text))
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("response", lambda got: got.status >= 400 and self.mistakes.append(f"{ANSWER}{got.status} {got.url}"))

    @classmethod
    @asynccontextmanager
    async def opened(cls, browser, url, *, phone=False, theme="light", zone="UTC"):
        """Open `url`, wait for nothing yet."""
        context = await browser.new_context(
            viewport=PHONE if phone else WIDE, has_touch=phone, color_scheme=theme, timezone_id=zone
        )
        try:
            watched = cls(await context.new_page(), url)
            await watched.page.goto(url)
            yield watched
        finally:
            await context.close()

    def forgive(self, *words):
        """Let messages with these words pass: the test itself provokes them."""
        self._forgiven = words

    def forgive_absence(self):
        """Let pass what a browser says of a node that is away or not ready yet; everything else counts."""
        self.forgive(*ABSENCE)

    def check(self):
        """Fail when the page complained, or asked another host."""
        complaints = [text for text in self.mistakes if not any(word in text for word in self._forgiven)]
        assert complaints == [], complaints
        assert self.elsewhere == [], self.elsewhere

    async def until(self, expression, argument=None):
        """Wait until an expression of the page is true; return its value.

        Asked again and again from outside: what the browser offers for it is `eval`, which the page forbids.
        """
        deadline = asyncio.get_running_loop().time() + WAIT_MS / 1000
        while not (value := await self.page.evaluate(expression, argument)):
            if asyncio.get_running_loop().time() > deadline:
                said = (await self.page.locator("body").inner_text())[:600]
                raise AssertionError(f"never true: {expression}\nthe page says: {said}\nmistakes: {self.mistakes}")
            await asyncio.sleep(0.03)
        return value

    async def chart(self):
        """Wait until the chart has bars."""
        await self.until("window.__whisperer?.phase() === 'ready' && window.__whisperer.bars().length > 0")
        return self

    async def shown(self, what):
        """Return `bars`, `signals`, `marks` or `holes` as the page has them."""
        return await self.page.evaluate(f"window.__whisperer.{what}()")

    async def text(self, test_id):
        """Return the visible text of an element."""
        return await self.page.locator(f"[data-testid={test_id}]:visible").inner_text()

    async def says(self, test_id, text):
        """Wait until an element shows a text."""
        await self.page.locator(f"[data-testid={test_id}]:visible").filter(has_text=text).wait_for(timeout=WAIT_MS)

    def _asked(self, url):
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.elsewhere.append(url)
