"""tests/nightly.txt leaves out tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import nightly_patterns, read_nightly

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("line", read_nightly())
def test_a_pattern_names_a_test(line: str) -> None:
    file, _, name = line.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    function = re.search(r"test_\w+", name)
    assert function is None or f"def {function[0]}(" in text


def test_patterns_match_whole_ids() -> None:
    (pattern,) = [each for each in nightly_patterns() if "javascript" in each]
    assert re.match(pattern, "tests/cli/test_new.py::test_the_first_run_is_green[javascript]")
    assert not re.match(pattern, "tests/cli/test_new.py::test_the_first_run_is_green[python]")
