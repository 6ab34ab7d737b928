"""Generated code of a Kiota SDK: its routes, and its deprecations, own and inherited."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.model import NotASource, Source, SourceError
from graphcontract.drift.pipeline import Result
from graphcontract.drift.readers import read
from tests.drift import library
from tests.drift.schemas import WANTED

NODES = ("library", "branches", "loan_requests", "item", "cancel")
FILES = {
    "library": "library_request_builder.py",
    "branches": "branches_request_builder.py",
    "loan_requests": "loan_requests_request_builder.py",
    "item": "loan_item_request_builder.py",
    "cancel": "cancel_request_builder.py",
}
GENERATED = "msgraph_beta/generated"
CANCEL = f"{GENERATED}/{'/'.join(NODES)}/cancel_request_builder.py"
FUTURE = " as of 2026-05/Shelf:v2 on 2026-05-01 and will be removed 2999-01-31"
PAST = " as of 2024-05/Shelf:v2 on 2024-05-01 and will be removed 2025-01-31"
DATES = {FUTURE: ("2026-05-01", "2999-01-31"), PAST: ("2024-05-01", "2025-01-31")}


def builder(node: str, notice: str | None = None, *, style: str = "warn") -> str:
    """A request builder as Kiota writes it; a notice is in each of its methods."""
    verb, returned = ("post", "None") if node == "cancel" else ("get", "Optional[Thing]")
    decorator = f'    @deprecated("{notice}")\n' if notice and style == "decorator" else ""
    marked = f"\n        @deprecated {notice}" if notice and style == "docstring" else ""
    warned = f'        warn("{notice}", DeprecationWarning)\n' if notice and style == "warn" else ""
    depth = NODES.index(node) + 1
    named = ("library", "branches", "loanRequests", "{loan%2Did}", "cancel")[:depth]
    return f"""\
from __future__ import annotations
from warnings import warn

class {node.title().replace("_", "")}RequestBuilder(BaseRequestBuilder):
    def __init__(self,request_adapter: RequestAdapter, path_parameters: Any) -> None:
        super().__init__(request_adapter, "{{+baseurl}}/{"/".join(named)}{{?%24expand}}", path_parameters)

{decorator}    async def {verb}(self,request_configuration: Optional[Any] = None) -> {returned}:
        \"\"\"
        Call off a loan.{marked}
        param request_configuration: Configuration for the request.
        \"\"\"
{warned}        return await self.request_adapter.send_async(None)

    @dataclass
    class CancelRequestBuilderPostRequestConfiguration(RequestConfiguration[QueryParameters]):
        warn("This class is deprecated. Please use the generic one.", DeprecationWarning)
"""


def code(notices: Mapping[str, str] | None = None, *, style: str = "warn") -> dict[str, str]:
    """The files of an SDK, with notices by node."""
    found = {}
    for depth, node in enumerate(NODES, 1):
        folder = "/".join((GENERATED, *NODES[:depth]))
        found[f"{folder}/{FILES[node]}"] = builder(node, (notices or {}).get(node), style=style)
    return found


def wheel(folder: Path, files: Mapping[str, str], version: str = "1.2.3") -> Source:
    path = folder / f"msgraph_beta_sdk-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"msgraph_beta_sdk-{version}.dist-info/WHEEL", "Wheel-Version: 1.0")
    return Source(path, path.name)


def tree(folder: Path, files: Mapping[str, str]) -> Source:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Source(folder / CANCEL, CANCEL)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def compared(contract: Contract, *sources: Source, since: Source | None = None) -> Result:
    return library.compared(contract, *sources, snapshot=[read(since, WANTED)] if since else None)


@pytest.mark.parametrize("make", [wheel, tree])
def test_the_facts(make: object, contract: Contract, tmp_path: Path) -> None:
    source = make(tmp_path, code())  # type: ignore[operator]
    facts = read(source, WANTED).facts
    assert {name: fact.value for name, fact in facts.items() if fact.stance == "asserts"} == {
        "method": "POST",
        "version": "beta",
        "path": ("library", "branches", "loanRequests", ("key", "loan-id"), "cancel"),
        "action": "cancel",
        "content": "none",
        "success": (None, "none"),
        "route": "reachable",
        "wording": (("description", "Call off a loan."),),
    }
    assert compared(contract, source).findings == []


@pytest.mark.parametrize("make", [wheel, tree])
@pytest.mark.parametrize("style", ["warn", "decorator", "docstring"])
@pytest.mark.parametrize("notice", [FUTURE, PAST])
@pytest.mark.parametrize("above", [(), ("library",), ("branches", "item"), ("item",)])
def test_a_deprecation_is_its_own_or_inherited(
    make: object, style: str, notice: str, above: tuple[str, ...], contract: Contract, tmp_path: Path
) -> None:
    notices = dict.fromkeys((*above, "cancel"), notice)
    source = make(tmp_path, code(notices, style=style))  # type: ignore[operator]
    facts = read(source, WANTED).facts
    own = (*DATES[notice], notice.strip())
    if above:
        node = {"library": "/library", "branches": "/library/branches"}.get(
            above[0], "/library/branches/loanRequests/{loanId}"
        )
        assert facts["deprecation.inherited"].value == (*own, node)
        assert facts["deprecation"].stance == "silent"
        expected = ["deprecation-inherited"]
    else:
        assert facts["deprecation"].value == own
        assert facts["deprecation.inherited"].stance == "silent"
        expected = ["removal-date-passed" if notice == PAST else "deprecation-announced"]
    result = compared(contract, source)
    assert library.rules(result) == expected
    assert result.fails("err") == (expected == ["removal-date-passed"])
    line = (result.findings[0].origin.line or 0) - 1
    shown = code(notices, style=style)[CANCEL].splitlines()[line]
    assert notice in shown or style == "docstring"


@pytest.mark.parametrize(("notice", "notes"), [(None, 0), (FUTURE, 1)])
def test_a_file_without_its_tree_may_have_inherited(
    notice: str | None, notes: int, contract: Contract, tmp_path: Path
) -> None:
    path = tmp_path / "cancel_request_builder.py"
    path.write_text(builder("cancel", notice))
    result = compared(contract, Source(path, path.name))
    assert library.rules(result) == ["deprecation-announced"] * notes
    assert ["may be inherited" in note for note in result.notes] == [True] * notes


def test_another_notice_above_is_not_inherited(contract: Contract, tmp_path: Path) -> None:
    source = wheel(tmp_path, code({"library": PAST, "cancel": FUTURE}))
    assert library.rules(compared(contract, source)) == ["deprecation-announced"]


def test_a_notice_above_alone_is_none_of_the_operation(contract: Contract, tmp_path: Path) -> None:
    source = wheel(tmp_path, code({"library": PAST}))
    assert library.rules(compared(contract, source)) == []


@pytest.mark.parametrize("above", [(), ("library",)])
def test_announced_and_withdrawn(above: tuple[str, ...], contract: Contract, tmp_path: Path) -> None:
    notices = dict.fromkeys((*above, "cancel"), FUTURE)
    marked = wheel(tmp_path, code(notices), "1.63.0")
    plain = wheel(tmp_path, code(), "1.64.0")
    announced = "deprecation-inherited" if above else "deprecation-announced"
    assert library.rules(compared(contract, marked, since=plain)) == [announced]
    assert library.rules(compared(contract, marked, since=marked)) == []
    assert library.rules(compared(contract, plain, since=marked)) == ["deprecation-withdrawn"]


@pytest.mark.parametrize(
    ("on_page", "rules"),
    [
        ("", ["deprecation-announced", "deprecation-contradicted"]),
        ("This API is deprecated.", ["deprecation-announced"] * 2),
        ("This API is deprecated and will be removed on January 31, 2999.", ["deprecation-announced"] * 2),
        (
            "This API is deprecated and will be removed on June 30, 2998.",
            [*["deprecation-announced"] * 2, "deprecation-contradicted"],
        ),
    ],
)
def test_contradicted_by_the_page(on_page: str, rules: list[str], contract: Contract, tmp_path: Path) -> None:
    folder = library.laid_out(tmp_path, library.files_of_page())
    page = library.source(folder)
    text = page.path.read_text()
    page.path.write_text(text.replace("## Permissions", f"> [!CAUTION]\n> {on_page}\n\n## Permissions", 1))
    source = wheel(tmp_path, code({"cancel": FUTURE}))
    assert sorted(library.rules(compared(contract, source, page))) == sorted(rules)


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("async def post", "async def delete", ["method-changed"]),
        ("(self,request", "(self,body: Reason, request", ["content-required"]),
        ("(self,request", "(self,body: Optional[Reason], request", ["content-optional"]),
        (') -> None:\n        """', ') -> Loan:\n        """', ["success-content-changed"]),
        ("/loanRequests/", "/LoanRequests/", ["letter-case-changed"]),
        ("{loan%2Did}/cancel", "cancel", ["operation-missing"]),
        ("async def post", "async def call", ["operation-missing"]),
    ],
)
def test_a_changed_builder(old: str, new: str, rules: list[str], contract: Contract, tmp_path: Path) -> None:
    files = code()
    assert old in files[CANCEL]
    source = wheel(tmp_path, files | {CANCEL: files[CANCEL].replace(old, new)})
    assert library.rules(compared(contract, source)) == rules


def test_a_wheel_without_the_operation(contract: Contract, tmp_path: Path) -> None:
    files = {name: text for name, text in code().items() if name != CANCEL}
    assert "operation-missing" in library.rules(compared(contract, wheel(tmp_path, files)))


def test_a_zip_without_builders_is_not_a_source(tmp_path: Path) -> None:
    with pytest.raises(NotASource, match="compressed with zip"):
        read(wheel(tmp_path, {"a.py": "pass"}), WANTED)


@pytest.mark.parametrize(
    "text", ["class (", "x = " + "(" * 5000, "#" * (2 << 20), "\xff", "class A:\n  pass"]
)
def test_hostile_code_is_one_clear_error(text: str, tmp_path: Path) -> None:
    source = wheel(tmp_path, code() | {CANCEL: text})
    with pytest.raises(SourceError, match=r"cancel_request_builder\.py"):
        read(source, WANTED)


def test_a_damaged_wheel_is_one_clear_error(tmp_path: Path) -> None:
    source = wheel(tmp_path, code())
    data = source.path.read_bytes()
    at = data.index(CANCEL.encode()) + len(CANCEL) + 20
    source.path.write_bytes(data[:at] + bytes(64) + data[at + 64 :])
    with pytest.raises(SourceError, match="cannot be unpacked"):
        read(source, WANTED)
