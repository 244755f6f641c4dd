"""Opinions from AI services outside of the node: asked in the background, kept, and never waited for."""
