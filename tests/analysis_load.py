"""A program that stores analyses until it is killed, and says how many were settled."""

import asyncio
import os
import sys
from pathlib import Path

from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from tests.analysis_rows import analysed


async def main(path):
    store = AnalysisStore(path, AnalysesSection())
    store.start()
    number = 0
    while True:
        store.put(*[analysed(number + ahead) for ahead in range(200)])
        await store.settled()
        number += 200
        store.put(*[analysed(number + ahead) for ahead in range(100)])
        number += 100
        os.write(1, f"{number - 100}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
