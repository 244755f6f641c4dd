"""What all nodes of this folder have in common."""

from tests.node_process import NodeProcess

NodeProcess.always = ("buffer.window=1000",)
