"""A package imports from itself and from the layers below its own; ARCHITECTURE.md shows the same table.

`python -m tests.test_layers` writes that table.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
ARCHITECTURE = CHECKOUT / "ARCHITECTURE.md"
MARKS = ("<!-- layers -->\n", "<!-- /layers -->\n")

LAYERS = (
    ("errors", "templates", "wire"),
    ("exchange",),
    ("contract",),
    ("catalogue", "http", "reporting"),
    ("clauses", "clients", "inputs", "transports"),
    ("drift", "judging", "tenant"),
    ("operations", "suites"),
    ("run",),
    ("live",),
    ("pytest_plugin",),
    ("cli",),
)
"""Packages and modules of graphcontract, from the bottom to the top."""

LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
FORBIDDEN = {
    "catalogue": {"httpx", "hypothesis", "pytest", "rich", "socket", "typer"},
    "clauses": {"httpx", "hypothesis", "pytest", "rich", "socket", "typer"},
    "clients": {"hypothesis", "pytest", "rich", "typer"},
    "drift": {"hypothesis", "pytest", "rich", "typer"},
    "inputs": {"httpx", "pytest", "rich", "socket", "typer"},
    "judging": {"httpx", "pytest", "rich", "socket", "typer"},
    "live": {"pytest", "rich", "typer"},
    "operations": {"httpx", "pytest", "rich", "socket", "typer"},
    "reporting": {"httpx", "hypothesis", "pytest", "socket", "typer"},
    "suites": {"httpx", "pytest", "rich", "socket", "typer"},
    "tenant": {"hypothesis", "pytest", "rich", "typer"},
    "transports": {"hypothesis", "pytest", "rich", "typer"},
}
"""Libraries that a package does not import."""

EXTRAS = {"tenant": {"jwt", "starlette", "uvicorn"}}
"""Libraries of an extra, by the only package that imports them: a gate runs without."""


def modules() -> list[tuple[str, Path]]:
    """Name of the package or module directly below `graphcontract`, and a file of it."""
    found = [(path.relative_to(CHECKOUT).parts[1], path) for path in CHECKOUT.glob("graphcontract/**/*.py")]
    found += [("suites", path) for path in CHECKOUT.glob("suites/*.py")]
    return [(name.removesuffix(".py"), path) for name, path in found if name != "__init__.py"]


@cache
def imported(path: Path) -> tuple[str, ...]:
    """What a file imports, wherever in it, but for types alone."""
    found: list[str] = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for branch in ast.walk(tree):
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING":
            branch.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


def packages_imported(name: str) -> set[str]:
    """The packages of graphcontract that a package imports, itself left out."""
    found = {target.split(".")[1] for each, path in modules() if each == name for target in ours(path)}
    return found - {name}


def ours(path: Path) -> list[str]:
    """What a file imports of graphcontract."""
    return [target for target in imported(path) if target.startswith("graphcontract.")]


def purpose(name: str) -> str:
    """The first sentence of the docstring of a package or module."""
    folder = CHECKOUT / name if name == "suites" else CHECKOUT / "graphcontract" / name
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split())
    return text.partition(". ")[0].removesuffix(".")


def table() -> str:
    """The table of packages, from the top to the bottom."""
    rows = ["| package | what it is for | imports |", "| --- | --- | --- |"]
    for names in reversed(LAYERS):
        for name in names:
            below = sorted(packages_imported(name), key=lambda each: (-LAYER[each], each))
            rows.append(f"| `{name}` | {purpose(name)} | {', '.join(below) or 'nothing'} |")
    return "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize("name", LAYER)
def test_imports_point_down(name: str) -> None:
    files = [path for each, path in modules() if each == name]
    for path, target in ((file, target) for file in files for target in imported(file)):
        package, *rest = target.split(".")
        if package == "graphcontract" and rest[0] != name:
            assert LAYER[rest[0]] < LAYER[name], f"{path} imports {target}"
        assert package not in FORBIDDEN.get(name, ()), f"{path} imports {target}"
        assert all(package not in extra for owner, extra in EXTRAS.items() if owner != name), path


def test_every_package_has_a_layer() -> None:
    assert {name for name, _ in modules()} == LAYER.keys()


def test_the_architecture_shows_the_layers() -> None:
    _, begin, rest = ARCHITECTURE.read_text(encoding="utf-8").partition(MARKS[0])
    shown, end, _ = rest.partition(MARKS[1])
    assert (begin, end) == MARKS
    assert shown == table(), "run: python -m tests.test_layers"


def main() -> None:
    """Write the table into ARCHITECTURE.md."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    ARCHITECTURE.write_text(f"{before}{begin}{table()}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
