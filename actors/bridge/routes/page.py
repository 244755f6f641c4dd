"""`GET /` and `GET /docs`: the built page and its files."""

import re
from pathlib import Path
from typing import ClassVar, override

from actors.bridge.rest.route import JSON, Answer, Call, NoQuery, Route, json_answer, routes
from config.errors import NotFoundError

HTML = "text/html; charset=utf-8"
_FILE_PARAMETER = "file"
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_HASHED = "assets"
"""Folder whose file names change with their contents."""
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_FIRST = {"Cache-Control": "no-cache"}
RUNNING = {"status": "running", "service": "whisperer"}
"""What programs are told at `GET /`."""
_HINT = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Whisperer</title></head><body>
<h1>The page is not built yet</h1>
<p>Run <code>make setup</code> in the checkout, then load this address again. The API works already:
<a href="/openapi.json">its description</a>, <a href="/api/v1/status">the state of the node</a>.</p>
</body></html>
"""


class _Page(Route[NoQuery]):
    """Base of what is sent from the folder of the built page."""

    media_type = "text/html"
    tag = "page"
    is_tagged = True
    is_counted = False

    def send(self, *names: str) -> Answer:
        """Send the first of these files that exists, or a hint that none does."""
        for name in names:
            path = self.context.page_dir / name
            if path.is_file():
                return Answer(file=path, media_type=HTML, headers=_ASK_FIRST)
        return Answer(body=_HINT, media_type=HTML, headers=_ASK_FIRST)


@routes.register("GET /")
class GetPage(_Page):
    """Give the page; with `dialects.magic8`, who asks for no HTML is told that the node is running."""

    also: ClassVar[tuple[str, ...]] = (JSON,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        name = call.path.get(_FILE_PARAMETER)
        if name is None:
            is_for_programs = self.context.config.dialects.magic8 and "text/html" not in call.headers.get("Accept", "")
            return json_answer(RUNNING) if is_for_programs else self.send("index.html")
        path = find_file(self.context.page_dir, name)
        if path is None:
            raise NotFoundError("there is nothing at this path")
        is_hashed = path.parent.name == _HASHED
        return Answer(file=path, media_type="", headers=_FOREVER if is_hashed else _ASK_FIRST)


@routes.register("GET /docs")
class GetDocs(_Page):
    """Give the page that shows this document."""

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return self.send("docs.html", "index.html")


def find_file(folder: Path, name: str) -> Path | None:
    """Return the file of that relative name within a folder; None when there is none, or it leads out of it."""
    parts = name.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return None
    path = folder.joinpath(*parts).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
