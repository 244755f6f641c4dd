"""Who has changed what about models and jobs, in the audit log and the node's own."""

from typing import Any

import msgspec
import structlog

from actors.ports import AuditRow, Journal

log = structlog.get_logger(__name__)


def note_change(journal: Journal | None, actor: str, action: str, target: str = "", **detail: Any) -> None:  # noqa: ANN401  # becomes JSON
    """Write one row; None: this node keeps no journal, then only its log has it."""
    trace_id = str(structlog.contextvars.get_contextvars().get("trace_id", ""))
    log.info(action.replace(".", "_"), user_id=actor, target=target, **detail)
    if journal is not None:
        told = msgspec.json.encode(detail).decode()
        journal.write(AuditRow(actor=actor, action=action, target=target, detail=told, trace_id=trace_id))
