"""Workflows, ours and those on pages: actions are pinned, each to one commit, and checkers find no fault."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests import workflows
from tests.pages import ROOT

_USES = re.compile(r"^ *(?:- )?uses: (\S+)(?: +# (\S+))?", re.MULTILINE)
OURS = ("./", "example/graphcontract@v0.1.0")


def uses() -> list[tuple[str, str, str]]:
    """Every action that is used anywhere: its name, its commit and the version in the comment."""
    texts = [text for _, text in workflows.workflows()] + [(ROOT / "action.yml").read_text(encoding="utf-8")]
    found = [found for text in texts for found in _USES.findall(text) if found[0] not in OURS]
    return [(*action.partition("@")[::2], version) for action, version in found]


def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    assert len(uses()) > 30
    for name, commit, version in uses():
        assert re.fullmatch(r"[0-9a-f]{40}", commit), name
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), name


def test_an_action_has_one_version_everywhere() -> None:
    assert len({name for name, *_ in uses()}) == len(set(uses()))


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("go") is None, reason="actionlint needs Go")
def test_checkers_find_no_fault_and_would_find_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert workflows.check(tmp_path / "good") == 0
    step = "    steps:\n      - run: echo ${{ github.even.x }}\n"
    bad = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{step}"
    monkeypatch.setattr(workflows, "workflows", lambda: [("ci.yml", bad)])
    assert workflows.check(tmp_path / "bad") >= 2
