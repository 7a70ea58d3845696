"""Text that git stores as bytes of any encoding. Pure."""

from __future__ import annotations

import re

# Encodings whose ASCII characters are ASCII, so that a header says the same to git and to us. Python knows others, such
# as `unicode_escape`, in which bytes could pretend to be other headers.
_EXTENDS_ASCII = (
    r"(?i)utf-?8|(?:iso-?8859|latin)-?\d+|(?:windows-|cp)125\d|cp(?:437|85\d|866|874|9(?:32|36|49|50))|koi8-[ru]"
    r"|euc-(?:jp|kr)|gb(?:k|2312|18030)|big5|shift[_-]jis"
)


def decode_text(data: bytes, encoding: str | None = None) -> str:
    """Read bytes as the encoding that they name, or as UTF-8; bytes that are neither count as Latin-1.

    Git assumes Latin-1 too, when it makes commits. It keeps the bytes of a tag as they come and notes no encoding.

    Args:
        data: the bytes.
        encoding: the value of a header `encoding`, if there is one.

    >>> decode_text(b"J\\xf6rg"), decode_text("Jörg".encode()), decode_text(b"\\xe9", "cp1251")
    ('Jörg', 'Jörg', 'й')
    """
    if encoding is not None and re.fullmatch(_EXTENDS_ASCII, encoding):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            pass  # the header is wrong
    text = data.decode(errors="surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda found: chr(ord(found[0]) - 0xDC00), text)
