"""A name that occurs twice in an object of permissions.json: no reader keeps one of the two silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcontract.drift.model import SourceError
from graphcontract.drift.operations.build import open_source
from graphcontract.drift.permissions_file import read
from tests.drift.library import PERMISSIONS_JSON
from tests.drift.many_operations import PERMISSIONS, source
from tests.drift.schemas import WANTED

PATH = '            "/library/desks/{id}/close": "least=DelegatedWork,Application",\n'
REPEATED = {
    "a permission": ('    "Library.Manage.All": {', '    "Desk.Close.All": {', "Desk.Close.All"),
    "a path": (PATH, f'{PATH}            "/library/desks/{{id}}/close": "",\n', "/library/desks/{id}/close"),
    "methods": ('"methods": ["POST"],', '"methods": ["POST"],\n "methods": ["GET"],', "methods"),
    "an escaped name": ('"methods": ["POST"],', '"methods": ["POST"],\n "\\u006dethods": [],', "methods"),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_repeated_name_is_an_error_that_names_its_line(name: str, tmp_path: Path) -> None:
    before, after, repeated = REPEATED[name]
    assert PERMISSIONS.count(before) == 1
    text = PERMISSIONS.replace(before, after)
    line = text.count("\n", 0, text.rindex(after)) + after.rstrip("\n").count("\n") + 1
    own = source(tmp_path, "permissions.json", text)
    for reading in (lambda: open_source(own), lambda: read(own, WANTED)):
        with pytest.raises(SourceError) as failed:
            reading()
        assert failed.value.message == f"permissions.json:{line}: the key {repeated} occurs twice"
        assert failed.value.hint


def test_a_name_in_two_objects_is_not_repeated(tmp_path: Path) -> None:
    permissions = PERMISSIONS_JSON["permissions"]
    reordered = {"permissions": {name: permissions[name] for name in reversed(permissions)}}
    facts = []
    for document in (PERMISSIONS_JSON, reordered):
        own = source(tmp_path, "permissions.json", json.dumps(document))
        facts.append({name: fact.value for name, fact in read(own, WANTED).facts.items()})
    assert facts[0] == facts[1]
