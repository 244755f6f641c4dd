"""A program that writes orders and fills as fast as it can until it is killed, and says what was acknowledged.

One line per acknowledgement, straight to the pipe: `D n` an awaited intent, `T n` the told callback of order n and its
fill. Numbers begin at the second argument.
"""

import asyncio
import os
import sys
from decimal import Decimal
from pathlib import Path

import structlog

from actors.ports.journal import AuditRow
from actors.store.journal import SqliteJournal
from tests.journal_rows import fill, order, position


def say(kind, number):
    os.write(1, f"{kind} {number}\n".encode())


async def trade(journal, number):
    await journal.durable(order(number))
    say("D", number)
    done = order(number, revision=1, status="filled", filled_quantity=Decimal("1.50"))
    net = position(Decimal("1.50") * (number + 1))
    journal.write(done, fill(number), net, AuditRow(actor="ada", action="fill"), told=lambda: say("T", number))


async def main(path, first):
    journal = SqliteJournal.open(path, "whisperer")
    say("S", first)
    for number in range(first, sys.maxsize):
        await trade(journal, number)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
