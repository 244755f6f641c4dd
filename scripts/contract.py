"""Write the contract of the API, and what is made of it: both documents for the page, types for the Python client."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from actors.bridge import asyncapi, contract  # noqa: E402  # the checkout is not a package
from scripts.client_types import module_text  # noqa: E402  # likewise

GOLDEN = {
    ROOT / "dashboard" / "openapi.json": contract.document_text,
    ROOT / "dashboard" / "asyncapi.json": asyncapi.document_text,
    ROOT / "client" / "python" / "src" / "whisperer_client" / "types.py": lambda: module_text(
        contract.document(), asyncapi.document()
    ),
}
"""File -> what stands in it."""

if __name__ == "__main__":
    for file, text in GOLDEN.items():
        file.write_text(text())
        print(f"written: {file}")
