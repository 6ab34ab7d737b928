"""Takes secrets out of what a report shows: by value, in codings that clients use, and by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graphcontract.clauses.secrets import DISTINCTIVE_LENGTH, spellings

_RUN = re.compile(rf"[A-Za-z0-9\-._~+/=%]{{{DISTINCTIVE_LENGTH},}}")
_NAMES = ("authorization", "proxy-authorization", "cookie", "set-cookie")
_BY_NAME = re.compile(rf"(?im)^((?:{'|'.join(_NAMES)})[ \t]*:[ \t]*)([^\r\n]*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*[ \t]+(?=\S)")
_LABEL = re.compile(r"\[token[^\]]*\]")


class Redactor:
    """Replaces tokens of at least 20 characters, whole, in pieces or coded, by what may be known of them.

    What stands in one word with 20 characters of a token goes with them: it may be another token's rest.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = sorted(
            {token for token in tokens if len(token) >= DISTINCTIVE_LENGTH}, key=len, reverse=True
        )
        texts = [text for token in self._tokens for text in spellings(token)]
        self._pieces = frozenset(piece for text in texts for piece in _pieces(text))

    def text(self, text: str) -> str:
        """The text without secrets: `[token]` where one stood, with its length where it was changed."""
        return _RUN.sub(self._hide, text) if self._pieces else text

    def head(self, text: str) -> str:
        """A message's text without secrets, credentials of every scheme included."""
        return _BY_NAME.sub(lambda match: match[1] + _credentials(match[2]), self.text(text))

    def content(self, content: bytes) -> bytes:
        """Bytes without secrets."""
        return self.text(content.decode("latin-1")).encode("latin-1")

    def _hide(self, run: re.Match[str]) -> str:
        for at, piece in enumerate(_pieces(run[0])):
            if piece in self._pieces:
                return run[0][:at] + self._label(run[0][at:], piece)
        return run[0]

    def _label(self, found: str, piece: str) -> str:
        if found in self._tokens:
            return "[token]"
        token = next((token for token in self._tokens if piece in token.lower()), None)
        if token is None:
            return "[token, coded]"
        return f"[token, changed: {len(found)} of {len(token)} characters]"


def _pieces(text: str) -> Iterator[str]:
    """Every stretch of 20 characters, in order, in lower case."""
    lower = text.lower()
    return (lower[at : at + DISTINCTIVE_LENGTH] for at in range(len(lower) - DISTINCTIVE_LENGTH + 1))


def _credentials(value: str) -> str:
    """A field value that is a secret by its name: the scheme stays, and what is redacted already."""
    scheme = _SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value
    return (scheme[0] if scheme else "") + (rest if _LABEL.fullmatch(rest) else "[redacted]")
