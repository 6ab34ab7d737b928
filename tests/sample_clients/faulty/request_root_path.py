"""Faulty clients: request.root-path."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from graphcontract.clients import Limits
from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import ROOT, Conforming
from tests.sample_clients.registry import faulty


class ChangesTheRoot(Conforming):
    """Base class: sends what `change` makes of the root's path."""

    def change(self, path: str) -> str:
        raise NotImplementedError

    def target(self, call: Call) -> str:
        return self.change(urlsplit(call.base_url or ROOT).path) + self.path(call)


@faulty("request.root-path")
class OnlyTheHostOfTheRoot(ChangesTheRoot):
    """Scheme and host are taken from the root, and the path is always the same."""

    def change(self, path: str) -> str:
        return "/beta"


@faulty("request.root-path")
class VersionAfterTheFirstSegment(ChangesTheRoot):
    """The first segment of the root is replaced by the version, whatever it is."""

    def change(self, path: str) -> str:
        return "/".join(["/beta", *path.split("/")[2:]])


@faulty("request.root-path")
class VersionAgainBehindTheRoot(ChangesTheRoot):
    """A version is appended unless the root's path is exactly one."""

    def change(self, path: str) -> str:
        return path if path == "/beta" else f"{path}/beta"


@faulty("request.root-path")
class RootPathTwice(ChangesTheRoot):
    """Two layers put the path of a gateway in front, and leave out a version alone."""

    def change(self, path: str) -> str:
        return path if path == "/beta" else path + path


@faulty("request.root-path")
class EmptySegmentBelowAPath(ChangesTheRoot):
    """A gateway's path is joined with a slash too many."""

    def change(self, path: str) -> str:
        return path if path == "/beta" else path.replace("/beta", "//beta")


@faulty("request.root-path")
class RootPathInCapitals(ChangesTheRoot):
    """The root is normalized as if it were a host name."""

    def change(self, path: str) -> str:
        return path if path == "/beta" else path.swapcase().replace("BETA", "beta")


@faulty("request.root-path")
class SlashesOfRootAndPath(Conforming):
    """Root and path are concatenated, and the root may end with a slash."""

    limits = Limits(root_slash=True)


@faulty("request.root-path", rare=True)
class EncodesTheRootPathAgain(ChangesTheRoot):
    """The whole path is percent-encoded, and the root's already was."""

    def change(self, path: str) -> str:
        return quote(path)


@faulty("request.root-path", rare=True)
class DecodesTheSlashesOfTheRootPath(ChangesTheRoot):
    """A proxy in between decodes a path and encodes it anew, except for its slashes."""

    def change(self, path: str) -> str:
        return quote(unquote(path))


@faulty("request.root-path")
class RootPathInLowerCase(ChangesTheRoot):
    """`baseUrl.toLowerCase()`, so that two spellings of a host are one."""

    def change(self, path: str) -> str:
        return path.lower()


@faulty("request.root-path")
class EveryVersionInTheRootReplaced(ChangesTheRoot):
    """`root.replace("v1.0", "beta")` finds the version wherever one is."""

    def change(self, path: str) -> str:
        return path.replace("/v1.0/", "/beta/")
