"""Takes secrets out of what a report shows: by value, in codings that clients use, and by name."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

_TELLING = 20
_REST = r"(?:[A-Za-z0-9\-._~+/=]|%[0-9A-Fa-f]{2})*"
_NAMES = ("authorization", "proxy-authorization", "cookie", "set-cookie")
_BY_NAME = re.compile(rf"(?im)^((?:{'|'.join(_NAMES)})[ \t]*:[ \t]*)([^\r\n]*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*[ \t]+(?=\S)")
_LABEL = re.compile(r"\[token[^\]]*\]")


class Redactor:
    """Replaces tokens of at least 20 characters, whole, cut or coded, by what may be known of them."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = sorted({token for token in tokens if len(token) >= _TELLING}, key=len, reverse=True)
        self._patterns = [self._pattern(token) for token in self._tokens]

    def text(self, text: str) -> str:
        """The text without secrets: `[token]` where one stood, with its length where it was changed."""
        for token, pattern in zip(self._tokens, self._patterns, strict=True):
            text = pattern.sub(lambda match, token=token: _label(match[0], token), text)  # type: ignore[misc]
        return text

    def head(self, text: str) -> str:
        """A message's text without secrets, credentials of every scheme included."""
        return _BY_NAME.sub(lambda match: match[1] + _credentials(match[2]), self.text(text))

    def content(self, content: bytes) -> bytes:
        """Bytes without secrets."""
        return self.text(content.decode("latin-1")).encode("latin-1")

    @staticmethod
    def _pattern(token: str) -> re.Pattern[str]:
        spellings = [re.escape(token[:_TELLING]) + _REST]
        for lead in range(3):
            # Whatever precedes the token shifts its base64; its ends mix with neighbours and are left out.
            coded = base64.b64encode(b"\0" * lead + token[: 2 * _TELLING].encode("utf-8", "replace")).decode()
            spellings.append(re.escape(coded[4 if lead else 0 : 24]) + r"[A-Za-z0-9+/_=-]*")
        return re.compile("|".join(spellings), re.IGNORECASE)


def _label(found: str, token: str) -> str:
    if found == token:
        return "[token]"
    if found.startswith(token[:_TELLING]):
        return f"[token, changed: {len(found)} of {len(token)} characters]"
    return "[token, coded]"


def _credentials(value: str) -> str:
    """A field value that is a secret by its name: the scheme stays, and what is redacted already."""
    scheme = _SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value
    return (scheme[0] if scheme else "") + (rest if _LABEL.fullmatch(rest) else "[redacted]")
