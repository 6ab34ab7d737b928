"""Faults of names in the path: namespaces of actions, and type casts."""

from __future__ import annotations

from graphcontract.exchange import Call
from tests.bank.client import Conforming
from tests.bank.registry import fault


class Named(Conforming):
    """The conforming client, with another end of the path in place of `cancel`."""

    end: str

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + self.end


# request.path


@fault("request.path")
class OtherActionInNamespace(Named):
    """A right namespace, and another action behind it."""

    end = "microsoft.graph.stop"


@fault("request.path")
class NamespaceAlone(Named):
    """The name is cut off at the last dot, as if it were a file's extension."""

    end = "microsoft.graph"


@fault("request.path")
class NamespaceTwice(Named):
    """A name that is qualified already is qualified once more."""

    end = "microsoft.graph.microsoft.graph.cancel"


@fault("request.path")
class AliasBeforeNamespace(Named):
    """The alias is put before a name that is qualified already."""

    end = "graph.microsoft.graph.cancel"


@fault("request.path")
class NamespaceAsSegment(Named):
    """Dots before the last one are taken for separators of a path."""

    end = "microsoft.graph/cancel"


@fault("request.path")
class NamespaceOfCollection(Conforming):
    """Every name of the path is qualified, those of properties too."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("/migrations/", "/microsoft.graph.migrations/", 1)


# request.path-spelling


@fault("request.path-spelling")
class ActionByAlias(Named):
    """The bound action behind the alias of the namespace, as in URL templates of SDKs."""

    end = "graph.cancel"


@fault("request.path-spelling")
class ActionInNestedNamespace(Named):
    """The bound action in a namespace below that of Graph."""

    end = "microsoft.graph.migrations.cancel"
