"""A source file as text: bounded, UTF-8, or one clear error.

Knows files; it knows no format.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from graphcontract.drift.model import SourceError

# Controls but tab and line feed, lone surrogates, changes of writing direction: nothing that a person reads.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_FETCH = "Fetch it again, and whole."


def read_bytes(path: Path, name: str, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; `SourceError` where it is none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{name}: this is no file. Name a file.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SourceError(f"{name}: it cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SourceError(f"{name}: no file can have such a name.") from None
    if len(data) > limit:
        raise SourceError(f"{name}: it is larger than {limit >> 10} KiB, which no such source is. {_FETCH}")
    return data


def text_of(data: bytes, name: str) -> str:
    """Decode UTF-8, byte order mark or none, and make line ends alike; `SourceError` where it is other."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{name}:{line}: this is not UTF-8. {_FETCH}") from None
    if "\0" in text:
        raise SourceError(f"{name}: this is no text: it holds a NUL. {_FETCH}")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """Put a replacement character where a text has what no terminal and no report can show."""
    return _UNFIT.sub("\ufffd", text)
