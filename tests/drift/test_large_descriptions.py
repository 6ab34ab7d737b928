"""Tabs and aliases in an OpenAPI description that is too large to be parsed as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from graphcontract.drift.model import Source, SourceError, Value
from graphcontract.drift.openapi import openapi_reader, slices
from graphcontract.drift.operations.openapi_operations import OpenApiOperations
from tests.drift.schemas import OPENAPI, WANTED

ITEM = "  '/library/branches/loanRequests/{loan-id}/cancel':\n"
OTHER = "  '/library/branches/loanJobs/{loanJob-id}/cancel':\n    post:\n"
SUMMARY = "      summary: Invoke"
BLOCK = "      description: |\n        First.\n        \tSecond.\n"


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_MOST_WHOLE", 1000)


def read(text: str, folder: Path) -> tuple[dict[str, Value], list[str]]:
    """The facts of one operation, and the operations that are listed."""
    path = folder / "beta.yaml"
    path.write_text(text)
    source = Source(path, path.name)
    facts = {name: fact.value for name, fact in openapi_reader.read(source, WANTED).facts.items()}
    listed = [f"{each.path} {each.success}" for each in OpenApiOperations(source).list_statements()]
    return facts, listed


MEANS_THE_SAME = {
    "a blank line with a tab elsewhere": ("  /books:\n", "  /books:\n\t\n"),
    "a comment behind a tab": (ITEM, f"\t# next\n{ITEM}"),
    "a tab within a text": (SUMMARY, f"{BLOCK}{SUMMARY}".replace("description", "x-note")),
    "a tab behind a key": (ITEM, ITEM.replace(":\n", ":\t\n")),
    "an anchor": (ITEM, ITEM.replace(":\n", ": &item\n")),
    "an alias within the operation": (SUMMARY, f"      x: &a [b]\n      y: *a\n{SUMMARY}"),
    "an alias elsewhere": ("  /books:\n", "  /books:\n    x-a: &a [b]\n    x-b: *a\n"),
}


@pytest.mark.parametrize("name", MEANS_THE_SAME)
def test_what_means_the_same_is_read_the_same(name: str, tmp_path: Path) -> None:
    before, after = MEANS_THE_SAME[name]
    assert OPENAPI.count(before) == 1
    assert read(OPENAPI.replace(before, after), tmp_path) == read(OPENAPI, tmp_path)


ERRORS = {
    "a blank line": (SUMMARY, f"\t\n{SUMMARY}", "not valid YAML"),
    "a path": (ITEM, ITEM.replace("  '", "\t'"), "indented by a tab"),
    "a member of another path": (OTHER, OTHER.replace("    post", "   \tpost"), "indented by a tab"),
    "a member of the operation": (SUMMARY, SUMMARY.replace("      ", "      \t"), "not valid YAML"),
    "an alias of a path": (ITEM, f"{ITEM.rstrip()} *other\n  /x:\n", "alias *other has no anchor"),
    "an alias of a method": (OTHER, f"{OTHER.rstrip()} *other\n    x:\n", "alias *other has no anchor"),
    "a merge key": (SUMMARY, f"      <<: *other\n{SUMMARY}", "merge key"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_may_be_overlooked_is_an_error_that_names_the_line(name: str, tmp_path: Path) -> None:
    before, after, problem = ERRORS[name]
    assert OPENAPI.count(before) == 1
    path = tmp_path / "beta.yaml"
    text = OPENAPI.replace(before, after)
    path.write_text(text)
    with pytest.raises(SourceError) as failed:
        OpenApiOperations(Source(path, path.name))
    file, line, said = failed.value.message.split(":", 2)
    assert (file, problem in said) == ("beta.yaml", True)
    changed = next(
        number
        for number, (own, other) in enumerate(zip(text.split("\n"), OPENAPI.split("\n"), strict=False), 1)
        if own != other
    )
    assert changed <= int(line) <= changed + 1
    assert failed.value.hint


@pytest.mark.parametrize("name", ["a path", "a member of another path", "an alias of a path", "a merge key"])
def test_one_operation_is_not_absent_either(name: str, tmp_path: Path) -> None:
    before, after, problem = ERRORS[name]
    path = tmp_path / "beta.yaml"
    path.write_text(OPENAPI.replace(before, after))
    with pytest.raises(SourceError) as failed:
        openapi_reader.read(Source(path, path.name), WANTED)
    assert problem in failed.value.message


def test_a_path_in_one_line_is_read(tmp_path: Path) -> None:
    text = OPENAPI.replace(ITEM, f"  /one: {{post: {{responses: {{'202': {{description: d}}}}}}}}\n{ITEM}")
    assert read(text, tmp_path)[1] == [
        *read(OPENAPI, tmp_path)[1][:1],
        "/one 202",
        *read(OPENAPI, tmp_path)[1][1:],
    ]


@pytest.mark.parametrize("indent", ["\t", None])
def test_json_in_another_layout_is_one_error(indent: str | None, tmp_path: Path) -> None:
    path = tmp_path / "beta.json"
    path.write_text(json.dumps(yaml.safe_load(OPENAPI), indent=indent))
    with pytest.raises(SourceError, match="not one key per line, indented by spaces") as failed:
        openapi_reader.read(Source(path, path.name), WANTED)
    assert "jq" in failed.value.hint
