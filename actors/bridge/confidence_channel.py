"""New predictions of orders in one instrument, of a caller or of the node's source; heard in a dialect only."""

from typing import override

import msgspec

from actors.bridge.channel import PUBLIC, Channel
from actors.bridge.context import Context
from actors.bridge.dialects.magic8.confidence import SOURCE_VERDICTS, ConfidenceBody, body_of_confidence
from actors.bridge.dialects.magic8.confidences import confidences_of
from actors.bridge.wire_messages import Snapshot, Update
from actors.screening.verdict import Verdict

KEPT = 256
"""Rows that somebody slow may lack before they are lost to him."""
_encode = msgspec.json.Encoder().encode


class ConfidenceUpdate(Update, frozen=True, kw_only=True, tag="confidence"):
    """One more prediction."""

    data: ConfidenceBody


class OwnConfidence(Channel):
    """What one caller was told; published as it happens."""

    kind = "log"
    is_private = True
    update = ConfidenceUpdate
    snapshot_message = Snapshot

    def __init__(self, context: Context, instrument_id: str, owner: str) -> None:
        """Show one instrument's of one caller."""
        super().__init__(context, (instrument_id,), owner)

    @override
    def snapshot(self) -> list[bytes]:
        return []


class SourceConfidence(Channel):
    """What came of the configured source, looked at once a second; everybody may read those orders."""

    kind = "log"
    is_polled = True
    update = ConfidenceUpdate
    snapshot_message = Snapshot

    def __init__(self, context: Context, instrument_id: str) -> None:
        """Show one instrument's from now on."""
        super().__init__(context, (instrument_id,), PUBLIC)
        self._instrument_id = instrument_id
        self._last: Verdict | None = None

    @override
    def start(self) -> None:
        newest = self._newest(1)
        self._last = newest[0] if newest else None

    @override
    def take(self) -> list[bytes]:
        newest, last, fresh = self._newest(SOURCE_VERDICTS), self._last, []
        for one in newest:
            if one is last:
                break
            fresh.append(one)
        self._last = newest[0] if newest else None
        found = [one for one in confidences_of(reversed(fresh)) if one.instrument_id == self._instrument_id]
        return [_encode(body_of_confidence(self.context, one)) for one in found]

    @override
    def snapshot(self) -> list[bytes]:
        return []

    def _newest(self, count: int) -> list[Verdict]:
        source = self.context.screened_orders
        return [] if source is None else source.verdicts(count)
