"""One action, published with and without its namespace: imported from each source, and held against each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.drift.import_contract import make_contract
from graphcontract.drift.model import Source
from tests.drift import library, rendering
from tests.drift.rendering import Published

ACTION = Published(("security", "cases"), "desk", "close", "String", "beta", (), ())
ENDS = ("close", "graph.close", "microsoft.graph.close", "microsoft.graph.security.close")
SDK = "msgraph_beta.generated.security.cases.item.{}.CloseRequestBuilder::|public|post(a?:B[C]):None\n"


def csdl(namespace: str, each: Published = ACTION) -> str:
    """The action in a schema of its own, where the namespace is not Graph's."""
    text = rendering.csdl(each)
    begin, end = text.index("<Action "), text.index("</Action>") + len("</Action>")
    own = f'<Schema Namespace="{namespace}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{text[begin:end]}'
    moved = text[:begin] + text[end:].replace("</Schema>", f"</Schema>{own}</Schema>")
    return text if namespace == "microsoft.graph" else moved


def published(folder: Path) -> dict[str, Source]:
    texts = {f"{end}.yaml": rendering.openapi(replace(ACTION, action=end)) for end in ENDS}
    texts |= {
        f"{end}.md": rendering.page(ACTION).replace("/close\n", f"/{end}\n")
        for end in (*ENDS, "microsoft.graph.desks.close")
    }
    texts |= {f"beta-{space}.csdl": csdl(space) for space in ("microsoft.graph", "microsoft.graph.security")}
    builders = ("close", "microsoftGraphSecurityClose", "graphClose")
    texts |= {f"{builder}.sdk.txt": SDK.format(builder) for builder in builders}
    library.laid_out(folder, texts)
    return {name: Source(folder / name, name) for name in texts}


def imported(source: Source, folder: Path, binding: str = "desk", action: str = "close") -> Contract:
    path = folder / "imported.json"
    path.write_text(make_contract(source, binding, action, None, None, list_kinds()), encoding="utf-8")
    return load(path, list_kinds())


def test_every_source_says_the_same_as_every_contract(tmp_path: Path) -> None:
    sources = published(tmp_path)
    for name, source in sources.items():
        if name.endswith(".txt"):
            continue
        contract = imported(source, tmp_path)
        assert (contract.title, contract.bound_operation) == ("desk: close", "close")
        for other in sources.values():
            found = library.rules(library.compared(contract, other))
            assert found == [], (name, other.name)


@pytest.mark.parametrize(
    "end", ["microsoft.graph.reopen", "microsoft.graph.security", "microsoft.graph.microsoft.graph.close"]
)
def test_another_action_behind_a_namespace_drifts(end: str, tmp_path: Path) -> None:
    sources = published(tmp_path)
    contract = imported(sources["close.md"], tmp_path)
    text = (tmp_path / "close.md").read_text().replace("/close\n", f"/{end}\n")
    (tmp_path / "other.md").write_text(text)
    result = library.compared(contract, Source(tmp_path / "other.md", "other.md"))
    assert "path-changed" in library.rules(result)


@pytest.mark.parametrize(
    ("before", "now", "rules"),
    [
        ("graph.app", "graph.app", []),
        ("graph.app", "microsoft.graph.app", []),
        ("graph.app", "app", ["path-changed"]),
        ("graph.app", "graph.lobApp", ["path-changed"]),
        ("graph.app", "microsoft.graph.desk.app", ["path-changed"]),
        ("graph.app", "graph.App", ["letter-case-changed"]),
    ],
)
def test_a_cast_needs_its_qualified_name(before: str, now: str, rules: list[str], tmp_path: Path) -> None:
    text = rendering.page(ACTION)
    for name, cast in (("before.md", before), ("now.md", now)):
        (tmp_path / name).write_text(text.replace("/close\n", f"/{cast}/close\n"))
    contract = imported(Source(tmp_path / "before.md", "before.md"), tmp_path)
    assert library.rules(library.compared(contract, Source(tmp_path / "now.md", "now.md"))) == rules


@pytest.mark.parametrize("cast", ["graph.app", "microsoft.graph.app"])
def test_an_action_of_a_derived_type(cast: str, tmp_path: Path) -> None:
    described = rendering.openapi(replace(ACTION, action=f"{cast}/microsoft.graph.close"))
    described = described.replace("        x-ms-docs-key-type: desk\n", "")
    derived = '<EntityType Name="app" BaseType="graph.desk"/><Action Name="close" IsBound="true">'
    declared = rendering.csdl(ACTION).replace('<Action Name="close" IsBound="true">', derived)
    declared = declared.replace('Name="bindingParameter" Type="graph.desk"', 'Name="b" Type="graph.app"')
    library.laid_out(tmp_path, {"a.yaml": described, "beta.csdl": declared})
    source = Source(tmp_path / "a.yaml", "a.yaml")
    contract = imported(source, tmp_path, "app")
    assert contract.title == "app: close"
    sdk = tmp_path / "sdk.txt"
    sdk.write_text(SDK.format("graphApp.close"))
    for each in (source, Source(tmp_path / "beta.csdl", "beta.csdl"), Source(sdk, "sdk.txt")):
        assert library.rules(library.compared(contract, each)) == [], each.name


def test_samples_have_the_path_of_a_qualified_action(tmp_path: Path) -> None:
    name = "beta-microsoft.graph.security.csdl"
    contract = imported(published(tmp_path)[name], tmp_path)
    assert contract.request.path == "/security/cases/{deskId}/microsoft.graph.security.close"
    for id in ("request.path", "request.path-spelling"):
        assert "/microsoft.graph.security.close" in contract.clauses[id].sample
