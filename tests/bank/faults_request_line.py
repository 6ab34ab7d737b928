"""Faults of the request line: method, path and its spelling, query. The id has modules of its own."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from graphcontract.exchange import Call
from tests.bank.client import PATH, ROOT, Conforming
from tests.bank.registry import fault

# request.method


@fault("request.method")
class LowerCaseMethod(Conforming):
    """curl -X post, Go's NewRequest("post", …): the method goes out as it is spelled."""

    def method(self, call: Call) -> str:
        return "post"


@fault("request.method")
class GetForWantOfContent(Conforming):
    """urllib and many wrappers choose GET where no data is given."""

    def method(self, call: Call) -> str:
        return "GET"


@fault("request.method")
class PatchOfStatus(Conforming):
    """Canceling taken for a change of the task's status."""

    def method(self, call: Call) -> str:
        return "PATCH"


@fault("request.method")
class OverrideOfMethod(Conforming):
    """A proxy's habit: PUT on the wire, and the true method in a field that Graph does not read."""

    def method(self, call: Call) -> str:
        return "PUT"

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("X-HTTP-Method-Override", "POST")]


@fault("request.method", rare=True)
class MethodForgottenByPool(Conforming):
    """A pooled request object goes back to its default method after ten uses."""

    def method(self, call: Call) -> str:
        return "POST" if self.calls % 11 else "GET"


@fault("request.method", rare=True)
class LongTargetsByQuery(Conforming):
    """Targets longer than MAX_PATH go out as QUERY, which a search client brought in for all of them."""

    def method(self, call: Call) -> str:
        return "POST" if len(self.target(call)) <= 260 else "QUERY"


# request.path


@fault("request.path")
class ReleasedVersion(Conforming):
    """The version is a constant, and v1.0 knows no migrations."""

    def target(self, call: Call) -> str:
        return super().target(call).replace("/beta/", "/v1.0/", 1)


@fault("request.path")
class VersionJoinedAway(Conforming):
    """urljoin with a path that begins with a slash: the version segment of the root is gone."""

    def target(self, call: Call) -> str:
        return self.path(call)


@fault("request.path")
class VersionTwice(Conforming):
    """Both the root and the template hold the version."""

    def path(self, call: Call) -> str:
        return "/beta" + super().path(call)


@fault("request.path")
class TrailingSlash(Conforming):
    """Each part of the path is joined with a slash behind it."""

    def path(self, call: Call) -> str:
        return super().path(call) + "/"


@fault("request.path")
class ActionForgotten(Conforming):
    """A POST to the task itself, which a generator made of the path of its parent."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("/cancel")


@fault("request.path")
class OtherAction(Conforming):
    """The action's name in another English."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "cancelTask"


@fault("request.path")
class ActionCalled(Conforming):
    """OData functions have parentheses, actions have none."""

    def path(self, call: Call) -> str:
        return super().path(call) + "()"


@fault("request.path")
class CastToType(Conforming):
    """A type cast between id and action, from a builder for derived types."""

    def path(self, call: Call) -> str:
        action = "/microsoft.graph.sharePointMigrationTask/cancel"
        return super().path(call).removesuffix("/cancel") + action


@fault("request.path")
class CollectionInSingular(Conforming):
    """The entity's name where the collection's is owed."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("MigrationTasks/", "MigrationTask/", 1)


@fault("request.path")
class SessionInPath(Conforming):
    """A servlet's session id behind a semicolon, as java.net's cookieless clients append it."""

    def path(self, call: Call) -> str:
        return super().path(call) + ";jsessionid=8A1F"


@fault("request.path")
class FragmentSent(Conforming):
    """What stands behind a number sign is the client's own, and goes out all the same."""

    def path(self, call: Call) -> str:
        return super().path(call) + "#done"


@fault("request.path")
class NoLeadingSlash(Conforming):
    """The path of a root without its slash, put into the request line by hand."""

    def target(self, call: Call) -> str:
        return super().target(call)[1:]


@fault("request.path")
class HostOfGraph(Conforming):
    """The root can be configured, and the Host field is a constant."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [("Host", "graph.microsoft.com"), *super().fields(call)[1:]]


@fault("request.path")
class AbsoluteElsewhere(Conforming):
    """The absolute form of Graph's own address, over a connection to another root."""

    def target(self, call: Call) -> str:
        return "https://graph.microsoft.com" + super().target(call)


@fault("request.path")
class UserInTarget(Conforming):
    """A root with a user in it goes out as it was configured (RFC 9110, 4.2.4)."""

    def target(self, call: Call) -> str:
        return "http://user@" + urlsplit(call.base_url or ROOT).netloc + super().target(call)


@fault("request.path", rare=True)
class ReleasedVersionForSpaces(Conforming):
    """A router that sends what it must encode to the version that it was made for."""

    def target(self, call: Call) -> str:
        target = super().target(call)
        return target.replace("/beta/", "/v1.0/", 1) if " " in call.task_id else target


@fault("request.path", rare=True)
class BuilderKeepsItsPath(Conforming):
    """A builder appends the action to a path that it keeps, and is made anew every ninth call only."""

    def path(self, call: Call) -> str:
        return super().path(call) + ("/cancel" if self.calls % 9 == 0 else "")


@fault("request.path", rare=True)
class SuffixForNumbers(Conforming):
    """A router that knows ids of digits puts the format behind the action."""

    def path(self, call: Call) -> str:
        return super().path(call) + (".json" if call.task_id.isdigit() else "")


@fault("request.path", "request.task-id")
class SeparatorOfFiles(Conforming):
    """os.path.join on Windows: backslashes between the segments behind the collection."""

    def path(self, call: Call) -> str:
        return f"{PATH}\\{self.encode(call.task_id)}\\cancel"


@fault("request.path", "request.task-id")
class WholePathEncoded(Conforming):
    """quote with no safe characters, on the path instead of the id."""

    def path(self, call: Call) -> str:
        return "/" + quote(super().path(call)[1:], safe="")


@fault("request.path", "request.task-id", rare=True)
class NumbersAsBareKeys(Conforming):
    """An OData writer quotes keys that are strings, and takes an id of digits for a number."""

    def path(self, call: Call) -> str:
        return f"{PATH}({call.task_id})/cancel" if call.task_id.isdigit() else super().path(call)


# request.path-spelling


@fault("request.path-spelling")
class LowerCasePath(Conforming):
    """Names in lower case, as a router that ignores case writes them down."""

    def path(self, call: Call) -> str:
        return f"{PATH.lower()}/{self.encode(call.task_id)}/cancel"


@fault("request.path-spelling")
class CapitalAction(Conforming):
    """The action named as its method is in C#."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "Cancel"


@fault("request.path-spelling")
class ActionInNamespace(Conforming):
    """The bound action by its full name."""

    def path(self, call: Call) -> str:
        return super().path(call).removesuffix("cancel") + "microsoft.graph.cancel"


@fault("request.path-spelling")
class SlashOfRootKept(Conforming):
    """A root that ends with a slash, and a path that begins with one."""

    def target(self, call: Call) -> str:
        return urlsplit(call.base_url or ROOT).path + "/" + self.path(call)


@fault("request.path-spelling")
class SlashBeforeVersion(Conforming):
    """Two slashes at the very start of the target."""

    def target(self, call: Call) -> str:
        return "/" + super().target(call)


@fault("request.path-spelling")
class BareQuestionMark(Conforming):
    """A question mark is appended before it is known whether there is a query."""

    def query(self, call: Call) -> str:
        return "?"


@fault("request.path-spelling")
class KeyEncodedWhole(Conforming):
    """The key in parentheses, encoded together with them as one segment."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}%28%27{self.encode(key)}%27%29/cancel"


@fault("request.path-spelling", rare=True)
class SpacesInKeys(Conforming):
    """An id with a space does not match the router's pattern of a segment, and becomes a key."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel" if " " in key else super().path(call)


@fault("request.path-spelling", rare=True)
class StringsAsKeys(Conforming):
    """GUIDs make segments, and ids of digits quoted keys: an OData writer that looks at types."""

    def path(self, call: Call) -> str:
        if call.task_id.isascii() and call.task_id.isdigit():
            return f"{PATH}('{call.task_id}')/cancel"
        return super().path(call)


@fault("request.path-spelling", rare=True)
class VersionCapitalisedLater(Conforming):
    """A display name of the version gets into the root once it has been cached."""

    def target(self, call: Call) -> str:
        return super().target(call).replace("/beta/", "/Beta/" if self.calls % 12 == 0 else "/beta/", 1)


# request.query


@fault("request.query")
class ApiVersionInQuery(Conforming):
    """Azure's habit of naming the version in the query."""

    def query(self, call: Call) -> str:
        return "?api-version=beta"


@fault("request.query")
class DefaultSelect(Conforming):
    """A default $select for every request."""

    def query(self, call: Call) -> str:
        return "?$select=id"


@fault("request.query")
class CacheBuster(Conforming):
    """jQuery's way round a cache."""

    def query(self, call: Call) -> str:
        return f"?_={1_700_000_000_000 + self.calls}"


@fault("request.query")
class EmptyParameters(Conforming):
    """Parameters that are None are joined all the same: nothing but an ampersand is left."""

    def query(self, call: Call) -> str:
        return "?&"


@fault("request.query", rare=True)
class AttemptCounted(Conforming):
    """A counter of attempts runs on from call to call and shows from the tenth on."""

    def query(self, call: Call) -> str:
        return "" if self.calls < 10 else f"?attempt={self.calls}"


@fault("request.query", rare=True)
class NumbersFlagged(Conforming):
    """An id of digits is sent with a hint at its type."""

    def query(self, call: Call) -> str:
        return "?idType=int" if call.task_id.isdigit() else ""


@fault("request.query", rare=True)
class CheckMark(Conforming):
    """Rails' utf8=✓, which says that what is beyond ASCII is UTF-8."""

    def query(self, call: Call) -> str:
        return "" if call.task_id.isascii() else "?utf8=%E2%9C%93"


@fault("request.query", rare=True)
class ColonsFlagged(Conforming):
    """An id with a colon is sent with a hint that it has two parts."""

    def query(self, call: Call) -> str:
        return "?idType=composite" if ":" in call.task_id else ""
