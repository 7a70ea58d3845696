"""Stress writers and readers, and judge what is left: `python -m stress`; `__main__` says what it takes."""
