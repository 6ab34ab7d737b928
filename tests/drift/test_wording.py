"""A changed text is located at its own line, and shown by what differs; a change has one fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.differences import shorten
from graphcontract.drift.model import Source
from graphcontract.drift.readers import read
from tests.drift import library, schemas
from tests.drift.mutations import swap
from tests.drift.schemas import WANTED

INTRO = "while the book is still on its shelf."
LONG = "w " * 60
CONTENT = "content: {application/json: {schema: {type: object}}}"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


@pytest.mark.parametrize(
    ("old", "new", "marker"),
    [
        ("nobody has picked up", "no one has picked up", "no one has"),
        (INTRO, f"{INTRO} Or before.", "Or before."),
        (INTRO, f"{INTRO}\n\nThis is a second paragraph.", "This is a second"),
        ("Don't send a request body.", "Do not send a request body.", "Do not send"),
        ("When it works, the action", "When it works, this action", "this action"),
        ("# loan: cancel", "# loan: cancel it", "# loan: cancel it"),
    ],
)
def test_the_line_of_the_changed_text(
    old: str, new: str, marker: str, contract: Contract, tmp_path: Path
) -> None:
    page = library.source(library.laid_out(tmp_path, library.files_of_page()))
    before = read(page, WANTED)
    text = swap(old, new)(library.PAGE_TEXT)
    page.path.write_text(text)
    found = library.compared(contract, page, snapshot=[before]).findings
    (finding,) = (each for each in found if each.rule == "wording-changed")
    assert finding.origin.line is not None
    assert marker in text.splitlines()[finding.origin.line - 1]


def test_the_line_of_a_changed_summary(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "beta.yaml"
    path.write_text(schemas.OPENAPI)
    before = read(Source(path, path.name), WANTED)
    text = swap("Invoke action cancel", "Do invoke the action cancel")(schemas.OPENAPI)
    path.write_text(text)
    (finding,) = library.compared(contract, Source(path, path.name), snapshot=[before]).findings
    assert finding.rule == "wording-changed"
    assert "Do invoke" in text.splitlines()[(finding.origin.line or 0) - 1]


def test_a_change_has_one_fingerprint_against_contract_and_snapshot(
    contract: Contract, tmp_path: Path
) -> None:
    page = library.source(library.laid_out(tmp_path, library.files_of_page()))
    before = read(page, WANTED)
    changes = (("`204 No Content`", "`200 OK`"), ("HTTP/1.1 204 No Content", "HTTP/1.1 200 OK"))
    text = library.PAGE_TEXT
    for old, new in (*changes, ("/loanRequests/", "/loans/"), ("# loan: cancel", "# loan: stop")):
        text = text.replace(old, new)
    page.path.write_text(text)
    one, other = (
        {
            (each.rule, each.before, each.now): each.fingerprint
            for each in library.compared(contract, page, snapshot=since).findings
        }
        for since in (None, [before])
    )
    shared = one.keys() & other.keys()
    assert {"success-status-changed", "path-changed"} <= {rule for rule, *_ in shared}
    assert all(one[change] == other[change] for change in shared)


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        ("title: a b", "title: a c", ("title: a b", "title: a c")),
        (
            f"introduction: {LONG}one {LONG}end",
            f"introduction: {LONG}two three {LONG}end",
            ("introduction: … w w w w one w w w w …", "introduction: … w w w w two three w w w w …"),
        ),
        (f"a: x {LONG}z", f"a: y {LONG}z", ("a: x w w w w …", "a: y w w w w …")),
        (f"a: {LONG}z", f"a: {LONG}z more", ("a: … w w w z", "a: … w w w z more")),
    ],
)
def test_only_what_differs_is_shown(before: str, now: str, shown: tuple[str, str]) -> None:
    assert shorten(before, now) == shown


def test_an_inferred_status_is_shown_as_one(contract: Contract, tmp_path: Path) -> None:
    path = tmp_path / "beta-Prod.csdl"
    path.write_text(schemas.CSDL)
    fact = read(Source(path, path.name), WANTED).facts["success"]
    assert (fact.value, fact.inferred) == ((None, "none"), None)
    page = library.source(library.laid_out(tmp_path, library.files_of_page()))
    action = '<Parameter Name="bindingParameter" Type="graph.loan" />\n      </Action>'
    returning = action.replace("      </Action>", '  <ReturnType Type="graph.loan" />\n      </Action>')
    path.write_text(schemas.CSDL.replace(action, returning))
    result = library.compared(contract, Source(path, path.name), page)
    (finding,) = (each for each in result.findings if each.fact == "success")
    assert "204 -> 200 (inferred: the CSDL has a return type, and no status)" in finding.describe()


@pytest.mark.parametrize(
    ("spelled", "value", "inferred"),
    [
        ("'204':", (204, "none"), None),
        ("2XX:", (None, "none"), None),
        (f"2XX:\n          {CONTENT}", (200, "content"), "the description has 2XX"),
    ],
)
def test_the_status_of_a_range(
    spelled: str, value: tuple[int | None, str], inferred: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "beta.yaml"
    text = schemas.OPENAPI
    at = text.index("operationId: library.branches.loanRequests.loan.cancel")
    begin = text.index("responses:", at)
    line = text[begin:].splitlines()[1]
    path.write_text(text[:begin] + text[begin:].replace(line.strip(), spelled, 1))
    fact = read(Source(path, path.name), WANTED).facts["success"]
    assert (fact.value, fact.inferred) == (value, inferred)
