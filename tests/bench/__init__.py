"""The committed benchmark: what one hook request costs, part by part, and what the naive road would cost."""
