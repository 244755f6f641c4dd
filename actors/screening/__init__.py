"""Orders in options, judged before somebody sends them."""
