"""The house has floors: a module imports from those below its own, and from its own package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

FLOORS = (
    {"annotations", "errors", "hooks", "interrupts", "odata", "places", "templates"},
    {"contract", "contractfile", "exchange"},
    {"placeholders", "schemas"},
    {"checking", "inputs", "pages", "service", "target"},
    {"clauses", "clients", "merging", "suite", "transports"},
    {"loading"},
    {"drift", "judging", "reporting", "tenant"},
    {"ownroot"},
    {"stations"},
    {"session", "suites"},
    {"cases", "doctor", "live"},
    {"hosting", "workers"},
    {"plugin", "tenantplugin"},
    {"cli"},
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
NEVER = {
    "clauses": {"httpx", "hypothesis", "pytest", "rich", "socket", "typer"},
    "clients": {"hypothesis", "pytest", "rich", "typer"},
    "drift": {"hypothesis", "pytest", "rich", "typer"},
    "inputs": {"httpx", "pytest", "rich", "socket", "typer"},
    "judging": {"httpx", "pytest", "rich", "socket", "typer"},
    "reporting": {"httpx", "hypothesis", "pytest", "socket", "typer"},
    "live": {"pytest", "rich", "typer"},
    "session": {"httpx", "pytest", "rich", "typer"},
    "suites": {"httpx", "pytest", "rich", "socket", "typer"},
    "tenant": {"hypothesis", "pytest", "rich", "typer"},
    "transports": {"hypothesis", "pytest", "rich", "typer"},
}


def modules() -> list[tuple[str, Path]]:
    """Name of the package or module directly below `graphcontract`, and a file of it."""
    found = [(path.relative_to(CHECKOUT).parts[1], path) for path in CHECKOUT.glob("graphcontract/**/*.py")]
    found += [("suites", path) for path in CHECKOUT.glob("suites/*.py")]
    return [(name.removesuffix(".py"), path) for name, path in found if name != "__init__.py"]


def imported(path: Path) -> Iterator[str]:
    """What a file imports, wherever in it, but for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for branch in ast.walk(tree):
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING":
            branch.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("name", "path"), modules(), ids=lambda value: str(value).removeprefix(f"{CHECKOUT}/")
)
def test_imports_go_down(name: str, path: Path) -> None:
    for target in imported(path):
        package, *rest = target.split(".")
        if package == "graphcontract" and rest[0] != name:
            assert FLOOR[rest[0]] < FLOOR[name], f"{name} imports {target}"
        assert package not in NEVER.get(name, ()), f"{name} imports {target}"


def test_every_module_has_a_floor() -> None:
    assert {name for name, _ in modules()} == FLOOR.keys()
