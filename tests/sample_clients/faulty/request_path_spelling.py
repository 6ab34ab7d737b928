"""Faulty clients: request.path-spelling."""

from __future__ import annotations

from urllib.parse import urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import PATH, ROOT, Conforming
from tests.sample_clients.bases.path_end import OtherEnd
from tests.sample_clients.registry import faulty


@faulty("request.path-spelling")
class LowerCasePath(Conforming):
    """Names in lower case, as a router that ignores case writes them down."""

    def path(self, call: Call) -> str:
        return f"{PATH.lower()}/{self.encode(call.task_id)}/cancel"


@faulty("request.path-spelling")
class CapitalizedAction(Conforming):
    """The action named as its method is in C#."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "Cancel"


@faulty("request.path-spelling")
class QualifiedAction(Conforming):
    """The bound action by its full name."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "microsoft.graph.cancel"


@faulty("request.path-spelling")
class DoubleSlashAfterTheRoot(Conforming):
    """A root that ends with a slash, and a path that begins with one."""

    def target(self, call: Call) -> str:
        return urlsplit(call.base_url or ROOT).path + "/" + self.path(call)


@faulty("request.path-spelling")
class DoubleSlashAtTheStart(Conforming):
    """Two slashes at the very start of the target."""

    def target(self, call: Call) -> str:
        return "/" + super().target(call)


@faulty("request.path-spelling")
class BareQuestionMark(Conforming):
    """A question mark is appended before it is known whether there is a query."""

    def query(self, call: Call) -> str:
        return "?"


@faulty("request.path-spelling")
class EncodedKeyParentheses(Conforming):
    """The key in parentheses, encoded together with them as one segment."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}%28%27{self.encode(key)}%27%29/cancel"


@faulty("request.path-spelling", rare=True)
class KeySyntaxForIdsWithSpaces(Conforming):
    """An id with a space does not match the router's pattern of a segment, and becomes a key."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel" if " " in key else super().path(call)


@faulty("request.path-spelling", rare=True)
class KeySyntaxForIdsOfDigits(Conforming):
    """GUIDs make segments, and ids of digits quoted keys: an OData writer that looks at types."""

    def path(self, call: Call) -> str:
        if call.task_id.isascii() and call.task_id.isdigit():
            return f"{PATH}('{call.task_id}')/cancel"
        return super().path(call)


@faulty("request.path-spelling", rare=True)
class VersionCapitalizedLater(Conforming):
    """A display name of the version gets into the root once it has been cached."""

    def target(self, call: Call) -> str:
        return super().target(call).replace("/beta/", "/Beta/" if self.calls % 12 == 0 else "/beta/", 1)


@faulty("request.path-spelling")
class ActionByAlias(OtherEnd):
    """The bound action behind the alias of the namespace, as in URL templates of SDKs."""

    end = "graph.cancel"


@faulty("request.path-spelling")
class ActionInNestedNamespace(OtherEnd):
    """The bound action in a namespace below that of Graph."""

    end = "microsoft.graph.migrations.cancel"
