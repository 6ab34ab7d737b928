"""The shipped catalogue as a whole."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.resources import files

from graphcontract.catalogue.catalogue import SHIPPED, Catalogue
from graphcontract.catalogue.operation import Operation, format_line

MOST_BYTES = 2_000_000


@cache
def operations() -> dict[str, Operation]:
    return dict(Catalogue(shipped_bytes().decode(), SHIPPED).iterate_operations())


def shipped_bytes() -> bytes:
    return files("graphcontract.catalogue").joinpath(SHIPPED).read_bytes()


def test_every_line_is_valid_and_as_the_build_command_writes_it() -> None:
    _, *lines = shipped_bytes().decode().splitlines()
    assert [format_line(each) for each in operations().values()] == lines


def test_it_is_read_as_any_other_catalogue() -> None:
    assert [each for _, each in Catalogue.load().iterate_operations()] == list(operations().values())


def test_lines_are_sorted_by_path() -> None:
    keys = [(each.path, each.method, each.version) for each in operations().values()]
    assert keys == sorted(keys)


def test_it_is_small_enough_to_be_in_the_repository() -> None:
    assert len(shipped_bytes()) <= MOST_BYTES


def test_it_has_the_operations_of_both_sdks_and_those_of_the_signed_in_user() -> None:
    named = Counter((each.version, each.path.startswith("/me/")) for each in operations().values())
    assert named["beta", False] == 4350
    assert named["v1.0", False] == 2485
    users = [each for each in operations().values() if each.path.startswith("/users/{user-id}/")]
    assert {each.path.removeprefix("/users/{user-id}") for each in users} == {
        each.path.removeprefix("/me") for each in operations().values() if each.path.startswith("/me/")
    }


def test_ids_are_unique_and_have_the_version() -> None:
    catalogue = Catalogue.load()
    assert len(set(catalogue.ids)) == len(catalogue)
    for id, operation in catalogue.iterate_operations():
        version = "-beta" if operation.version == "beta" else "-v1-0"
        assert id.endswith(version) or id == "sharepointmigrationtask-cancel"


def test_a_fact_is_stated_by_a_source_of_the_header() -> None:
    sources = Catalogue.load().sources
    kinds = {sources[code].kind for each in operations().values() for code in each.route}
    assert kinds == {"routes", "derived", "csdl", "openapi"}
    for each in operations().values():
        assert all(sources[code].kind == "permissions" for code in each.permissions)
        derived = all(sources[code].kind == "derived" for code in each.route if sources[code].family)
        assert derived == each.path.startswith("/me/")
