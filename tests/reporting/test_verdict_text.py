from __future__ import annotations

from typing import get_args

import pytest

from graphcontract.reporting.events import VerdictKind
from graphcontract.reporting.verdict_text import find_tone, label_verdict

TONES = {
    ("fail", True): "fail",
    ("fail", False): "warn",
    ("error", True): "fail",
    ("fixed", True): "fail",
    ("known-failure", False): "known",
    ("pass", False): "pass",
}


@pytest.mark.parametrize("fails_run", [True, False])
@pytest.mark.parametrize("verdict", get_args(VerdictKind))
def test_only_what_was_not_tested_has_no_tone(verdict: VerdictKind, fails_run: bool) -> None:
    event: dict[str, object] = {"verdict": verdict, "fails_run": fails_run}
    tone = find_tone(label_verdict(event))  # type: ignore[arg-type]
    is_untested = verdict in ("not-supported", "not-exercised", "not-run")
    assert (tone == "none") == is_untested
    assert tone == TONES.get((verdict, fails_run), tone)
