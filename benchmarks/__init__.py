"""Measure the commands against git itself and against GTO: `python -m benchmarks`."""
