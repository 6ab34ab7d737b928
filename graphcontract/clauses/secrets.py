"""Finds tokens in text that a client reports or prints, in any of their encodings."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote as encode

# Characters of a token that identify it: as long as the canary with which the harness's own tokens begin.
DISTINCTIVE_LENGTH = 20
_REPETITIVE = 4  # distinct characters; a part of a token with no more of them also occurs in other texts
_URL_SAFE = str.maketrans("+/", "-_")
_HALF = DISTINCTIVE_LENGTH // 2
_SYNTAX = r"[A-Za-z0-9\-._~+/=%]"  # of a token (RFC 6750), and of its encodings
_IN_SYNTAX = re.compile(rf"{_SYNTAX}*")
_RUN = re.compile(rf"{_SYNTAX}{{{DISTINCTIVE_LENGTH},}}")


def spellings(token: str) -> Iterator[str]:
    """The forms in which a token, or a part of one, may appear in other text: unchanged, percent-encoded, in
    hexadecimal, and in base64 at any offset.
    """
    yield token
    yield encode(token, safe="")
    plain = token.encode("utf-8", "replace")
    yield plain.hex()
    yield plain.hex().upper()
    for lead in range(3):
        # Bytes before the token shift its base64 digits. Digits that also encode bits of the bytes around it
        # are left out.
        digits = b64encode(b"\0" * lead + plain).decode()
        own = digits[-(-8 * lead // 6) : 8 * (lead + len(plain)) // 6]
        yield own
        yield own.translate(_URL_SAFE)


@lru_cache(maxsize=8)
def _encode_parts(token: str) -> frozenset[bytes]:
    parts = [
        token[at : at + DISTINCTIVE_LENGTH]
        for at in range(0, len(token) - DISTINCTIVE_LENGTH + 1, DISTINCTIVE_LENGTH)
    ]
    distinctive = {*parts[:1], *(part for part in parts if len(set(part)) > _REPETITIVE)}
    return frozenset(spelling.encode() for part in distinctive for spelling in spellings(part))


def contains_token(raw: bytes, token: str) -> bool:
    """Whether bytes contain the first 20 characters of a token, or about 40 from anywhere in it, in any
    encoding. False for a token of fewer than 20 characters, which could be part of other text.
    """
    return any(spelling in raw for spelling in _encode_parts(token))


def contains_any_token(tokens: frozenset[str], text: str) -> bool:
    """Whether a text contains 20 consecutive characters of a token, in any letter case or encoding. False
    for a token of fewer than 20 characters, which could be part of other text.
    """
    if len(text) < DISTINCTIVE_LENGTH:
        return False
    # Most texts are sentences, in which no word is long enough to be part of a token.
    runs = _RUN.findall(text) if all(map(_IN_SYNTAX.fullmatch, tokens)) else [text]
    suspects = [
        run.lower() for run in runs if not _index_halves(tokens).isdisjoint(_pieces(run.lower(), _HALF))
    ]
    if not suspects:
        return False
    parts = _index_parts(tokens)
    return any(not parts.isdisjoint(_pieces(run, DISTINCTIVE_LENGTH)) for run in suspects)


@lru_cache(maxsize=64)
def _index_halves(tokens: frozenset[str]) -> frozenset[str]:
    """Every tenth piece of ten characters. Any 20 consecutive characters contain one of them, so that a text
    without any needs no closer look.
    """
    return frozenset(piece for spelling in _encode(tokens) for piece in _pieces(spelling, _HALF, _HALF))


@lru_cache(maxsize=4)  # of a long token they are thousands, and many texts resemble the same one
def _index_parts(tokens: frozenset[str]) -> frozenset[str]:
    """Every piece of 20 characters."""
    return frozenset(piece for spelling in _encode(tokens) for piece in _pieces(spelling, DISTINCTIVE_LENGTH))


def _encode(tokens: frozenset[str]) -> Iterator[str]:
    long = (token for token in tokens if len(token) >= DISTINCTIVE_LENGTH)
    return (spelling.lower() for token in long for spelling in spellings(token))


def _pieces(text: str, length: int, step: int = 1) -> Iterator[str]:
    return (text[at : at + length] for at in range(0, len(text) - length + 1, step))
