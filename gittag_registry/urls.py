"""Addresses of remote repositories: tell them from paths, redact their secrets, name their caches. Pure."""

from __future__ import annotations

import re

# The patterns stay text: `re` compiles each on first use, and most commands use none.
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*)://"
_PROGRAM = r"([A-Za-z0-9]+)::"  # git runs git-remote-NAME, as for ext::COMMAND
_SCP = r"(?:[^\s/:@]+@)?(?:[^\s/:@]+|\[[^\s/]+\]):"  # host:path, as git and scp read it
_ODD_LOGIN = r"[^\s/:@\[]+:(?!\d*(?:[/?#\s'\"]|$))[^@\n]*"  # a login with slashes and spaces; no port looks like it
_USER = rf"(?:[^/]*|{_ODD_LOGIN})@"
_SCP_USER = r"[^\s/:@]+@"
_SECRET_USER = rf"\b([A-Za-z][A-Za-z0-9+.-]*)://([^\s/]*|{_ODD_LOGIN})@"
_NO_SCHEME = r"^[^\s/:@]+:\S*@(?=[^\s/:@]+[:/]\S*$)"  # USER:PASSWORD@HOST/... without https://
_WEB_USER = r"(?i)\b(https?)://[^\s'\"]*(?:@|%40)"  # even with odd characters
_QUERY = r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s?'\"]*)\?[^\s'\"]*"
_NOT_IN_NAMES = r"[^A-Za-z0-9.]+"
_WITHOUT_QUERY = ("file", "ssh", "git")  # protocols that read a question mark as part of the path
_LONGEST_NAME = 80


def is_url(text: str) -> bool:
    """Whether the text is the address of a remote repository, as git understands addresses.

    >>> is_url("https://example.com/models.git"), is_url("git@example.com:models.git"), is_url("../models")
    (True, True, False)
    """
    return protocol(text) is not None


def protocol(url: str) -> str | None:
    """The protocol of an address, by the name git has for it; None for a path.

    >>> protocol("git@example.com:models.git"), protocol("file:///srv/models.git")
    ('ssh', 'file')
    """
    match = re.match(_SCHEME, url) or re.match(_PROGRAM, url)
    if match:
        scheme = match[1].lower()
        return "ssh" if scheme in ("git+ssh", "ssh+git") else scheme
    return "ssh" if re.match(_SCP, url) else None


def redact(text: str) -> str:
    """Replace what may be secret in the addresses in a text: users, passwords and queries.

    The user of an ssh address stays: it is no secret, because a login needs a key too.

    >>> redact("cannot read https://ada:s3cret@example.com/models.git?token=1f")
    'cannot read https://***@example.com/models.git?***'
    >>> redact("ssh://git@example.com/models.git")
    'ssh://git@example.com/models.git'
    """
    if "://" not in text:
        return re.sub(_NO_SCHEME, "***@", text)
    text = re.sub(_WEB_USER, r"\1://***@", text)
    return re.sub(_QUERY, r"\1?***", re.sub(_SECRET_USER, _without_secret, text))


def _without_secret(match: re.Match[str]) -> str:
    scheme, user = match[1], match[2]
    if protocol(f"{scheme}://") == "ssh" and ":" not in user:
        return match[0]
    return f"{scheme}://***@"


def cache_name(url: str, digest: str) -> str:
    """The directory name of an address's cache: readable, unique by the digest, and without secrets.

    Args:
        digest: a digest of the address's `identity`.

    >>> cache_name("https://ada:s3cret@example.com/acme/models.git", "1a2b3c")
    'example.com-acme-models-1a2b3c.git'
    """
    address = redact(public(url)).removesuffix(".git")
    words = re.sub(_NOT_IN_NAMES, "-", re.sub(_SCHEME, "", address)).strip("-.")[-_LONGEST_NAME:].lstrip("-.")
    return f"{words or 'repository'}-{digest}.git"


def public(url: str) -> str:
    """An address without user, password and query.

    >>> public("https://ada:s3cret@example.com/acme/models.git/?token=1f")
    'https://example.com/acme/models.git'
    """
    if re.match(_PROGRAM, url):
        return redact(url)
    match = re.match(_SCHEME, url)
    if match:
        location = _without(_USER, url[match.end() :])
        if protocol(url) not in _WITHOUT_QUERY:
            location = location.partition("?")[0]
        return f"{match[1].lower()}://{location.rstrip('/')}"
    return _without(_SCP_USER, re.sub(_NO_SCHEME, "", url)).rstrip("/") if re.match(_SCP, url) else url


def _without(prefix: str, text: str) -> str:
    match = re.match(prefix, text)
    return text[match.end() :] if match else text


def identity(url: str) -> str:
    """What identifies a repository: its public address; for ssh also the user, because a path may start in their home.

    >>> identity("https://ada@example.com/models.git"), identity("ada@example.com:models.git")
    ('https://example.com/models.git', 'ada@example.com:models.git')
    """
    return url.rstrip("/") if protocol(url) == "ssh" else public(url)
