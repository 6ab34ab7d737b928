"""Reads a source file as text: bounded in size, UTF-8, or one clear error."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from graphcontract.drift.model import SourceError

# Control characters except tab and line feed, lone surrogates, and bidirectional overrides.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_FETCH = "Fetch the complete file again."


def read_bytes(path: Path, name: str, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; raises `SourceError` if it is not one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{name}: this is not a regular file", "Give a file.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SourceError(f"{name}: it cannot be read: {error.strerror}", "Give a readable file.") from None
    except ValueError:
        raise SourceError(f"{name}: this is not a valid file name", "Give the path of a file.") from None
    if len(data) > limit:
        raise SourceError(
            f"{name}: it is larger than {limit >> 10} KiB, so it is not a source of this kind", _FETCH
        )
    return data


def decode_text(data: bytes, name: str) -> str:
    """Decode UTF-8, with or without a byte order mark, and normalize line ends; raises `SourceError`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{name}:{line}: this is not valid UTF-8", _FETCH) from None
    if "\0" in text:
        raise SourceError(f"{name}: this is not text: it contains a NUL character", _FETCH)
    return replace_unprintable(text.replace("\r\n", "\n").replace("\r", "\n"))


def replace_unprintable(text: str) -> str:
    """Replace characters that a terminal or report cannot show with U+FFFD."""
    return _UNFIT.sub("\ufffd", text)
