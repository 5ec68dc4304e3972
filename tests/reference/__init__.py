"""Slow and plain second opinions: the same answers as the core, reached by another road."""
