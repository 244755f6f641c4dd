"""Training as a process of its own: what is asked of it, how it is watched, what a person sees."""
