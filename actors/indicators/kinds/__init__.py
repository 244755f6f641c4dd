"""The engine's indicators, as tables by what they are for; another module here adds more."""
