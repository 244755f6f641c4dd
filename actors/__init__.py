"""Components that live inside the node."""
