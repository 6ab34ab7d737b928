"""Quirky clients: the spelling of the request target."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from graphcontract.clients import Limits
from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import PATH, ROOT, Conforming
from tests.sample_clients.registry import quirky


@quirky(varies_in=["test_request"])
class LowerCaseEscapes(Conforming):
    """Hexadecimal digits of percent-encodings in lower case."""

    def encode(self, task_id: str) -> str:
        return "".join(
            f"%{byte:02x}" if quote(bytes([byte]), safe="")[0] == "%" else chr(byte)
            for byte in task_id.encode()
        )


@quirky(varies_in=["test_request"])
class EverythingEncoded(Conforming):
    """Every byte of the id percent-encoded, unreserved ones too."""

    def encode(self, task_id: str) -> str:
        return "".join(f"%{byte:02X}" for byte in task_id.encode())


@quirky()
class PathNamesEncoded(Conforming):
    """An unreserved character of a name percent-encoded: the same name (RFC 3986, 2.3)."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("/solutions/", "/%73olutions/").replace("/cancel", "/c%61ncel")


@quirky(varies_in=["test_request"])
class EncodesAsJavaScript(Conforming):
    """encodeURIComponent leaves an exclamation mark, quotes, parentheses and an asterisk."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!'()*")


@quirky(varies_in=["test_request"])
class LeavesAllowedCharactersRaw(Conforming):
    """Go's PathEscape and more: all that may stand in a segment stands there raw (RFC 3986, 3.3)."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!$&'()*+,;=:@")


@quirky()
class AbsoluteForm(Conforming):
    """The whole URL as target, as through a proxy; servers must take it (RFC 9112, 3.2.2)."""

    def target(self, call: Call) -> str:
        return "http://" + urlsplit(call.base_url or ROOT).netloc + super().target(call)


@quirky("request.path-spelling", varies_in=["test_request"])
class KeyInParentheses(Conforming):
    """OData's other way to name one of a collection, with its doubled quotes."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel"


@quirky("request.path-spelling", varies_in=["test_request"])
class KeyWithRawDelimiters(Conforming):
    """A key in parentheses, with all raw that may stand in a segment."""

    def path(self, call: Call) -> str:
        key = quote(call.task_id.replace("'", "''"), safe="!$&()*+,;=:@'")
        return f"{PATH}('{key}')/cancel"


@quirky("request.path-spelling", varies_in=["test_request"])
class UnusableIdsAsKeys(Conforming):
    """Between parentheses and quotes, dots and nothing are ids like others, and change no path."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in ("", ".", "..") else super().refusal(call)

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel"


@quirky()
class StripsTheSlashOfTheRoot(Conforming):
    """The root may end with a slash. It is sent in absolute form, and with a letter percent-encoded."""

    limits = Limits(root_slash=True)

    def target(self, call: Call) -> str:
        root = (call.base_url or ROOT).rstrip("/")
        return root.replace("/graph/", "/%67raph/") + self.path(call) + self.query(call)
