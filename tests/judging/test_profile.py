from __future__ import annotations

import pytest

from graphcontract.judging.profile import PROFILES, Profile


@pytest.mark.parametrize(
    ("classes", "budget", "share"),
    [
        (0, None, 100),
        (1, None, 100),
        (3, None, 34),
        (50, None, 4),
        (7, 1000, 15),
        (7, 20, 2),
        (50, 20, 1),
        (1, 20, 20),
    ],
)
def test_share(classes: int, budget: int | None, share: int) -> None:
    assert Profile(examples=100, least=4, deterministic=True).share(classes, budget) == share


def test_nightly_explores_and_the_others_repeat() -> None:
    assert [name for name, profile in PROFILES.items() if not profile.deterministic] == ["nightly"]
    assert [name for name, profile in PROFILES.items() if profile.database] == ["nightly"]
    shares = [PROFILES[name].share(26, None) for name in ("quick", "gate", "nightly")]
    assert shares == sorted(set(shares))
