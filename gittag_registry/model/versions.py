r"""Versions: Semantic Versioning 2.0.0 (https://semver.org) with a leading ``v``. Pure.

A version is a string (``"v1.2.0-rc.1"``); `precedence` is its sort key. This module computes the key, once per
version, instead of comparing pairs with the `semver` library, because a registry of 100,000 tags compares all of
them; the tests check that both agree. `semver` does the bumping.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from gittag_registry.errors import UsageError

Bump = Literal["major", "minor", "patch", "prerelease"]

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = (
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_VERSION = re.compile(rf"v{SEMVER}")
_SHORTHAND = re.compile(rf"v?({_NUMBER}(?:\.{_NUMBER}){{0,2}})((?:[-+].*)?)", re.ASCII)
_CACHED = 4096  # precedences; most artifacts of a registry share their versions
_LONGEST = 256  # git allows no more in a file name, and int() refuses thousands of digits

Precedence = tuple[int, int, int, tuple[tuple[int, int, str], ...]]

_STABLE = ((2, 0, ""),)


@lru_cache(_CACHED)
def precedence(version: str) -> Precedence:
    """The sort key of a canonical version, by section 11 of the standard; build metadata does not count.

    >>> precedence("v1.10.0") > precedence("v1.9.0") > precedence("v1.9.0-rc.1")
    True
    >>> precedence("v1.0.0+a") == precedence("v1.0.0+b")
    True
    """
    release, _, identifiers = version[1:].partition("+")[0].partition("-")
    major, minor, patch = release.split(".")
    if not identifiers:
        return int(major), int(minor), int(patch), _STABLE
    pre = tuple((0, int(i), "") if i.isdigit() else (1, 0, i) for i in identifiers.split("."))
    return int(major), int(minor), int(patch), pre


def is_prerelease(version: str) -> bool:
    """Whether the version has a pre-release part.

    >>> is_prerelease("v1.0.0-rc.1"), is_prerelease("v1.0.0+cu-12")
    (True, False)
    """
    return "-" in version.partition("+")[0]


def is_version(text: str) -> bool:
    """Whether the text is a canonical version: ``v`` and three numbers at least.

    >>> is_version("v1.2.0"), is_version("1.2"), is_version("v1.2.0\\n")
    (True, False, False)
    """
    return len(text) <= _LONGEST and _VERSION.fullmatch(text) is not None


def parse_version(text: str) -> str:
    """The canonical form of a typed version: the ``v`` and trailing zeros may be left out.

    Raises:
        UsageError: the text is not a version.

    >>> parse_version("3"), parse_version("1.2"), parse_version("v1.2.0-rc.1")
    ('v3.0.0', 'v1.2.0', 'v1.2.0-rc.1')
    """
    short = _SHORTHAND.fullmatch(text)
    if short:
        numbers = short[1].split(".")
        canonical = "v" + ".".join(numbers + ["0"] * (3 - len(numbers))) + short[2]
        if is_version(canonical):
            return canonical
    raise UsageError(
        f"{text!r} is not a version",
        hint="versions look like v1.2.0 or v1.2.0-rc.1 (Semantic Versioning 2.0.0); 3 and 1.2 mean v3.0.0 and v1.2.0",
    )


def bump(version: str | None, part: Bump = "patch", pre_id: str = "rc") -> str:
    """The next version after a version; a pre-release becomes its release. None: there is no version yet.

    Raises:
        UsageError: `pre_id` cannot name a pre-release.

    >>> bump(None), bump("v1.2.3"), bump("v1.2.3", "minor"), bump("v1.3.0-rc.1")
    ('v0.0.1', 'v1.2.4', 'v1.3.0', 'v1.3.0')
    >>> bump("v1.2.3", "prerelease"), bump("v1.2.4-rc.1", "prerelease")
    ('v1.2.4-rc.1', 'v1.2.4-rc.2')
    """
    import semver

    current = semver.Version.parse(version[1:] if version else "0.0.0")
    try:
        following = f"v{current.next_version(part, prerelease_token=pre_id)}"
    except ValueError:  # newer releases of semver check the name, older ones accept any
        following = ""
    if part == "prerelease" and not is_version(following):
        raise UsageError(f"{pre_id!r} cannot name a pre-release", hint="letters, digits and '-' can, as in v1.0.0-rc.1")
    return following
