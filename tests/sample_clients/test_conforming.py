"""The conforming client meets every clause: what a faulty client overrides is all that it violates."""

import pytest

from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.verdicts import prepared, verdicts


@pytest.mark.parametrize("diagonal", [0, pytest.param(None, marks=pytest.mark.nightly)])
def test_the_base_is_green(diagonal: int | None) -> None:
    """On each class of input; nightly on all combinations of them."""
    found = verdicts(Conforming().cancel, diagonal=diagonal, whole={test.name for test in prepared()})
    wrong = {
        id: (part.verdict, part.reason, part.evidence)
        for id, part in found.items()
        if part.verdict != "pass" and "features" not in str(part.reason)
    }
    own_root_or_process = {"request.client-request-id", "proxy.credentials", "calls.surroundings"}
    assert set(wrong) == own_root_or_process | {id for id in found if id.startswith("http2.")}, wrong
    assert {verdict for verdict, *_ in wrong.values()} == {"not-supported"}
