"""Write the contract of the API to dashboard/openapi.json, from which the page's types are made."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from actors.bridge.contract import document_text  # noqa: E402  # the checkout is not a package

GOLDEN = ROOT / "dashboard" / "openapi.json"

if __name__ == "__main__":
    GOLDEN.write_text(document_text())
    print(f"written: {GOLDEN}")
