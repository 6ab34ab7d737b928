"""The bank's base meets every clause: a fault made of it breaks what it overrides, and nothing else."""

from tests.bank.client import Conforming
from tests.bank.court import verdicts


def test_the_base_is_green() -> None:
    found = verdicts(Conforming().cancel)
    wrong = {
        id: (part.verdict, part.reason, part.evidence) for id, part in found.items() if part.verdict != "pass"
    }
    assert list(wrong) == ["request.client-request-id"], wrong
    assert wrong["request.client-request-id"][0] == "not-supported"
