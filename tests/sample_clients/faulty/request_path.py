"""Faulty clients: request.path."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import PATH, ROOT, Conforming
from tests.sample_clients.bases.path_end import OtherEnd
from tests.sample_clients.registry import faulty


@faulty("request.path")
class StableVersion(Conforming):
    """The version is a constant, and v1.0 knows no migrations."""

    def target(self, call: Call) -> str:
        return super().target(call).replace("/beta/", "/v1.0/", 1)


@faulty("request.path")
class VersionDroppedByUrljoin(Conforming):
    """urljoin with a path that begins with a slash: the version segment of the root is gone."""

    def target(self, call: Call) -> str:
        return self.path(call)


@faulty("request.path")
class VersionTwice(Conforming):
    """Both the root and the template hold the version."""

    def path(self, call: Call) -> str:
        return "/beta" + super().path(call)


@faulty("request.path")
class TrailingSlash(Conforming):
    """Each part of the path is joined with a slash behind it."""

    def path(self, call: Call) -> str:
        return super().path(call) + "/"


@faulty("request.path")
class ActionMissing(Conforming):
    """A POST to the task itself, which a generator made of the path of its parent."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("/cancel")


@faulty("request.path")
class OtherActionName(Conforming):
    """The action's name in another English."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "cancelTask"


@faulty("request.path")
class ParenthesesAfterTheAction(Conforming):
    """OData functions have parentheses, actions have none."""

    def path(self, call: Call) -> str:
        return super().path(call) + "()"


@faulty("request.path")
class TypeCastBeforeTheAction(Conforming):
    """A type cast between id and action, from a builder for derived types."""

    def path(self, call: Call) -> str:
        action = "/microsoft.graph.sharePointMigrationTask/cancel"
        return super().path(call).removesuffix("/cancel") + action


@faulty("request.path")
class CollectionInSingular(Conforming):
    """The entity's name where the collection's is expected."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("MigrationTasks/", "MigrationTask/", 1)


@faulty("request.path")
class SessionIdInPath(Conforming):
    """A servlet's session id behind a semicolon, as java.net's cookieless clients append it."""

    def path(self, call: Call) -> str:
        return super().path(call) + ";jsessionid=8A1F"


@faulty("request.path")
class FragmentSent(Conforming):
    """What stands behind a number sign is the client's own, and goes out all the same."""

    def path(self, call: Call) -> str:
        return super().path(call) + "#done"


@faulty("request.path")
class NoLeadingSlash(Conforming):
    """The path of a root without its slash, put into the request line by hand."""

    def target(self, call: Call) -> str:
        return super().target(call)[1:]


@faulty("request.path")
class FixedHostHeader(Conforming):
    """The root can be configured, and the Host field is a constant."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [("Host", "graph.microsoft.com"), *super().fields(call)[1:]]


@faulty("request.path")
class AbsoluteFormOfAnotherHost(Conforming):
    """The absolute form of Graph's own address, over a connection to another root."""

    def target(self, call: Call) -> str:
        return "https://graph.microsoft.com" + super().target(call)


@faulty("request.path")
class UserInfoInTarget(Conforming):
    """A root with a user in it goes out as it was configured (RFC 9110, 4.2.4)."""

    def target(self, call: Call) -> str:
        return "http://user@" + urlsplit(call.base_url or ROOT).netloc + super().target(call)


@faulty("request.path", rare=True)
class StableVersionForIdsWithSpaces(Conforming):
    """A router that sends what it must encode to the version that it was made for."""

    def target(self, call: Call) -> str:
        target = super().target(call)
        return target.replace("/beta/", "/v1.0/", 1) if " " in call.task_id else target


@faulty("request.path", rare=True)
class ActionAppendedAgainLater(Conforming):
    """A builder appends the action to a path that it keeps, and is made anew every ninth call only."""

    def path(self, call: Call) -> str:
        return super().path(call) + ("/cancel" if self.calls % 9 == 0 else "")


@faulty("request.path", rare=True)
class FormatSuffixForIdsOfDigits(Conforming):
    """A router that knows ids of digits puts the format behind the action."""

    def path(self, call: Call) -> str:
        return super().path(call) + (".json" if call.task_id.isdigit() else "")


@faulty("request.path", "request.path-parameters")
class BackslashSeparators(Conforming):
    """os.path.join on Windows: backslashes between the segments behind the collection."""

    def path(self, call: Call) -> str:
        return f"{PATH}\\{self.encode(call.task_id)}\\cancel"


@faulty("request.path", "request.path-parameters")
class WholePathEncoded(Conforming):
    """quote with no safe characters, on the path instead of the id."""

    def path(self, call: Call) -> str:
        return "/" + quote(super().path(call)[1:], safe="")


@faulty("request.path", "request.path-parameters", rare=True)
class UnquotedKeysForIdsOfDigits(Conforming):
    """An OData writer quotes keys that are strings, and takes an id of digits for a number."""

    def path(self, call: Call) -> str:
        return f"{PATH}({call.task_id})/cancel" if call.task_id.isdigit() else super().path(call)


@faulty("request.path", "request.path-parameters", rare=True)
class DropsSegmentsOfDots(Conforming):
    """Any number of dots is taken for a dot segment."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return path.replace(f"/{self.encode(call.task_id)}/", "/") if set(call.task_id) == {"."} else path


@faulty("request.path", rare=True)
class OmitsTheActionAfterAnIdThatEndsWithIt(Conforming):
    """The action is appended where the address does not end with it."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return path.removesuffix("/cancel") if call.task_id == "cancel" else path


@faulty("request.path", rare=True)
class SlashAfterIdsThatEndInEqualsSign(Conforming):
    """A path that ends in `%3D` looks like a query that lost its value, and gets a slash."""

    def path(self, call: Call) -> str:
        path = super().path(call)
        return f"{path}/" if call.task_id.endswith("=") else path


@faulty("request.path")
class OtherActionInNamespace(OtherEnd):
    """A right namespace, and another action behind it."""

    end = "microsoft.graph.stop"


@faulty("request.path")
class NamespaceAlone(OtherEnd):
    """The name is cut off at the last dot, as if it were a file's extension."""

    end = "microsoft.graph"


@faulty("request.path")
class NamespaceTwice(OtherEnd):
    """A name that is qualified already is qualified once more."""

    end = "microsoft.graph.microsoft.graph.cancel"


@faulty("request.path")
class AliasBeforeNamespace(OtherEnd):
    """The alias is put before a name that is qualified already."""

    end = "graph.microsoft.graph.cancel"


@faulty("request.path")
class NamespaceAsSegment(OtherEnd):
    """Dots before the last one are taken for separators of a path."""

    end = "microsoft.graph/cancel"


@faulty("request.path")
class NamespaceOfCollection(Conforming):
    """Every name of the path is qualified, those of properties too."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("/migrations/", "/microsoft.graph.migrations/", 1)
