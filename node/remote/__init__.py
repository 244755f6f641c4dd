"""What `run_node.py` does with a running node, as any client of it could: the client package of this checkout."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "client" / "python" / "src"))  # it need not be installed
