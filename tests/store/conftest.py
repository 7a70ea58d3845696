"""Servers for the tests of the store."""

from __future__ import annotations

from tests.testing.remotes import daemon, dumb_https, hanging, https, ssh

__all__ = ["daemon", "dumb_https", "hanging", "https", "ssh"]
