from __future__ import annotations

import re

import pytest

from tests.sample import SAMPLE, sample

SUMMARY = re.compile(r"^\*\*The client .*$", re.MULTILINE)


@pytest.mark.nightly
def test_the_committed_sample_is_what_a_run_gives() -> None:
    """`make docs` writes it anew after a change of texts."""
    assert SAMPLE.read_text(encoding="utf-8") == sample()


def test_the_committed_sample_has_what_a_run_of_one_clause_gives() -> None:
    """Every line but the counts: of the title, the table, the evidence and the list of clauses."""
    one = SUMMARY.sub("", sample("request.path-parameters"))
    assert "<details>" in one
    assert set(one.splitlines()) <= set(SAMPLE.read_text(encoding="utf-8").splitlines())


def test_the_committed_sample_says_nothing_of_the_machine() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    assert not re.search(r"127\.0\.0\.1:\d|/tmp|/home|/root", text)
    assert "**The client violates the contract.**" in text
    assert "<details>" in text
