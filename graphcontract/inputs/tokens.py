"""Draws bearer tokens (RFC 6750's b64token) by input class, and describes tokens without writing them out."""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.strings import ALPHANUMERIC, controls, mixture, repeat_to_length
from graphcontract.reporting.evidence import ShortToken, TokenRecipe

CANARY = "eyJ0eXAiOiJDQU5BUlki"

_BASE64URL = ALPHANUMERIC + "-_"
_SYMBOLS_LAST = ("+/-_a.~", "-_+/", "a/b+", "~.-_")


def make(unit: str, length: int) -> str:
    """Make a token of the canary and a part of `length` characters: the unit repeated, and cut."""
    return CANARY + repeat_to_length(unit, length)


def recipe(token: str) -> TokenRecipe | ShortToken:
    """Describe how to make a token again, without the canary: `canary`, `unit`, `length` of the part.

    A token without the canary is too short to be a secret, and is included: `canary`, `text`.
    """
    if not token.startswith(CANARY):
        return {"canary": False, "text": token}
    part = token.removeprefix(CANARY)
    period = next((length for length in range(1, len(part)) if part.startswith(part[length:])), len(part))
    return {"canary": True, "unit": part[:period], "length": len(part)}


def plain() -> SearchStrategy[str]:
    """Draw ordinary tokens, opaque or like a JWT, for calls in which something else is tested."""
    opaque = st.text(ALPHANUMERIC, min_size=1, max_size=12).map(CANARY.__add__)
    claims = st.text(_BASE64URL, min_size=24, max_size=32)
    signature = st.text(_BASE64URL, min_size=8, max_size=16)
    return opaque | st.tuples(claims, signature).map(lambda parts: f"{CANARY}.{'.'.join(parts)}")


def derive_plain(text: str) -> str:
    """Derive an ordinary token from a text, opaque or like a JWT: always the same, and so nothing to draw."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    opaque = int(digest[0], 16) % 2
    return CANARY + digest[1:13] if opaque else f"{CANARY}.{digest[1:29]}.{digest[29:41]}"


def tokens() -> Partitions[str]:
    """Draw usable tokens; all start with the canary, except the short ones, of 1 to 19 characters."""
    part = st.text(_BASE64URL, min_size=1, max_size=24)
    return Partitions(
        {
            "jwt-like": st.tuples(part, part).map(lambda parts: f"{CANARY}.{'.'.join(parts)}"),
            "alphabet": st.tuples(mixture("-._~+/"), st.text(ALPHANUMERIC, max_size=24)).map(_after_canary),
            "symbols-last": [f"{CANARY}{symbols}" for symbols in _SYMBOLS_LAST],
            "jwe-like": st.tuples(*[part] * 4).map(lambda parts: f"{CANARY}.{'.'.join(parts)}"),
            "padded": st.tuples(part, st.sampled_from(("===", "=", "=="))).map(_after_canary),
            "length-2k": _long((2048, 2047, 2049, 2000)),
            "length-4k": _long((4096, 4095, 4097, 4000)),
            "length-8k": _long((8192, 8191, 8190, 8000)),
            "short": st.text(ALPHANUMERIC + "-._~+/", min_size=1, max_size=len(CANARY) - 1),
            "scheme-like": ("bearer", "Bearer1", "BEARER.x", "Basic"),
        }
    )


def control_tokens() -> Partitions[str]:
    """Draw tokens with control characters, a class for each kind, after the canary."""
    return controls().map(CANARY.__add__)


def _after_canary(parts: tuple[str, str]) -> str:
    return CANARY + "".join(parts)


def _long(lengths: tuple[int, ...]) -> SearchStrategy[str]:
    """Draw tokens with these total lengths."""
    units = st.text(_BASE64URL, min_size=1, max_size=16)
    return st.tuples(units, st.sampled_from(lengths)).map(
        lambda drawn: make(drawn[0], drawn[1] - len(CANARY))
    )
