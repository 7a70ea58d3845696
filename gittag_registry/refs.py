"""Where tags are among the refs of a repository. Pure."""

from __future__ import annotations

TAGS = "refs/tags/"
"""what the full name of every tag begins with"""
