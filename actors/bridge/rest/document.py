"""A route that gives a contract: made of the structs when first asked for, kept from then on."""

import asyncio
from abc import abstractmethod
from typing import Any, override

import msgspec

from actors.bridge.context import Context
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, tagged_answer


class DocumentRoute(Route[NoQuery]):
    """Gives one JSON document, with an entity tag."""

    tag = "operations"
    is_tagged = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._document = b""

    @staticmethod
    @abstractmethod
    def make() -> dict[str, Any]:
        """Return the document; called in a thread, for it reads sources: too long for the loop."""

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        if not self._document:
            self._document = msgspec.json.encode(await asyncio.to_thread(self.make))
        return tagged_answer(call, self._document)
