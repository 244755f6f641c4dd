"""Reads the journal for a start: fills that are in a checkpoint are not read and counted again."""

from collections.abc import Mapping

from actors.accounts.checkpoint import NO_PAST, AccountState, Past, decoded
from actors.market import Instrument
from actors.ports.journal import CHECKPOINT, Recorded
from node.trading.core import Books


def recalled(journal: Books, instruments: Mapping[str, Instrument]) -> tuple[Recorded, Past]:
    """Return what the journal has, and what the fills that were left out have made; blocks.

    Raises:
        ConfigError: If it cannot be read.
    """
    checkpoint = decoded(journal.note(CHECKPOINT))
    if checkpoint is not None and checkpoint.fits(journal.run_id, instruments):
        recorded = journal.load(checkpoint.last_fill)
        if recorded.fills_before == checkpoint.fills:
            return recorded, past_of(journal, recorded, checkpoint.accounts)
    return journal.load(), NO_PAST


def past_of(journal: Books, recorded: Recorded, states: Mapping[str, AccountState]) -> Past:
    """Return what fills have made, with those of orders that may still fill."""
    rows = (*recorded.working, *recorded.ended)
    return Past(states, journal.fills_of([row.order_id for row in rows if row.filled_quantity]))
