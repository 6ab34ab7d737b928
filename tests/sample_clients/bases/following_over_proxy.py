"""A conforming client at its own root that sends through a proxy, and follows redirects."""

from __future__ import annotations

from urllib.parse import SplitResult

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.over_proxy import OverProxy

HOST_TESTS = ("test_redirect_to_other_origin", "test_redirect", "test_second_redirect_to_other_origin")


class FollowingOverProxy(OverProxy, Following):
    """Takes the token where scheme, port and `same_host` agree, and follows no redirect to plain http."""

    def same_host(self, here: str, there: str) -> bool:
        return here == there

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        same_port = (here.port or 443) == (there.port or 443)
        return same_port and self.same_host(here.hostname or "", there.hostname or "")

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if there.scheme != "https":
            raise BadAnswer("moved to plain http")
        return super().hop(call, here, there, method, answer)
