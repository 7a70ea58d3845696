"""Stress tests of writers and readers: `python -m stress`; `__main__` has the options."""
