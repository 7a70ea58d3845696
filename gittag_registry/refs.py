"""The part of a repository's refs that are tags. Pure."""

from __future__ import annotations

TAGS = "refs/tags/"
"""the prefix of the full name of every tag"""
