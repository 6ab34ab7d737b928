"""Hostile sources of many operations: one clear error or a catalogue, and no search that backtracks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.contract.jsonfile import ContractError
from graphcontract.drift.many.pipeline import check_operations
from graphcontract.drift.many.reports import FORMATS
from graphcontract.drift.many.snapshots import format_snapshot, read_snapshot
from graphcontract.drift.many.source_comparison import Expected
from graphcontract.drift.model import NotASource, SourceError
from graphcontract.drift.operations.build import build_catalogue
from graphcontract.drift.operations.sdk_export_operations import SdkExportOperations
from graphcontract.errors import UserError
from tests.catalogue.making import OPERATIONS, text_of
from tests.drift.many_operations import EXPORT, TEXTS, source
from tests.examples import count_examples


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """The text with a part cut out, repeated, or replaced."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 60)))
    marks = "{}[]()'\"/\\<>&:,\t\n x=é\0\u202e"
    inserted = draw(st.text(marks, max_size=6) | st.just(text[start:end] * 2))
    return text[:start] + inserted + text[end:]


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=count_examples(60))
@given(data=st.data())
def test_a_changed_source_is_an_error_or_a_catalogue(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    own = source(folder, name, data.draw(changed(TEXTS[name])))
    error: UserError | None = None
    try:
        text = build_catalogue([source(folder, "v1.0.tsv", "POST\t/a\n"), own])
        assert list(Catalogue(text, "built").iterate_operations())
    except UserError as raised:
        error = raised
    assert error is None or (error.message.startswith(name) and error.hint)


@settings(max_examples=count_examples(100))
@given(text=changed(text_of(*OPERATIONS)))
def test_a_changed_catalogue_is_an_error_or_a_catalogue(text: str) -> None:
    error: ContractError | None = None
    try:
        library = Catalogue(text, "mine.jsonl")
        for id in library.ids:
            library.document(id)
    except ContractError as raised:
        error = raised
    assert error is None or (error.file == "mine.jsonl" and error.line and error.hint)


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=count_examples(60))
@given(data=st.data())
def test_a_changed_source_is_compared_or_is_a_finding(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Never a traceback, and never "no drift" where nothing was compared."""
    folder = tmp_path_factory.mktemp("hostile")
    library = Catalogue(build_catalogue([source(folder, "beta.tsv")], [source(folder, "beta.csdl")]), "built")
    own = source(folder, name, data.draw(changed(TEXTS[name])))
    expected = Expected.choose(library, library.ids, lambda _: True)
    rejected: NotASource | None = None
    try:
        result = check_operations(expected, ("all",), [own], today=date(2026, 6, 1))
    except NotASource as raised:
        rejected = raised
    else:
        assert result.facts or result.fails("err")
        assert all(each.hint for each in result.unread)
        for write in FORMATS.values():
            assert write(result)
    assert rejected is None or rejected.hint


@settings(max_examples=count_examples(60))
@given(data=st.data())
def test_a_changed_export_is_an_error_or_is_read(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    export = source(folder, "kiota-dom-export.txt", data.draw(changed(EXPORT)))
    error: SourceError | None = None
    try:
        read = SdkExportOperations(export)
        for each in read.list_statements():
            assert read.describe(each.key, each.path) is not None
    except SourceError as raised:
        error = raised
    assert error is None or error.hint


@settings(max_examples=count_examples(60))
@given(data=st.data())
def test_a_changed_snapshot_is_an_error_or_is_read(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    routes = source(folder, "beta.tsv")
    text = format_snapshot([routes], [], lambda _: True, ("all",))
    path = folder / "snapshot.jsonl"
    path.write_text(data.draw(changed(text)), encoding="utf-8")
    error: ContractError | None = None
    try:
        snapshot = read_snapshot(path, ("all",))
        expected = Expected.choose(snapshot, snapshot.ids, lambda _: True, is_snapshot=True)
        result = check_operations(expected, ("all",), [routes], today=date(2026, 6, 1))
        assert result.chosen == len(snapshot)
    except ContractError as raised:
        error = raised
    assert error is None or (error.file == str(path) and error.hint)


LONG = {
    "deep.tsv": "# beta\nPOST\t" + "/a" * 100_000 + "\n",
    "blank.tsv": "\n" * 200_000 + "x",
    "comment.tsv": "#" + "msgraph-" * 100_000 + "\nPOST\t/a\n",
    "keys.tsv": "# beta\nPOST\t/" + "{a}" * 50_000 + "\n",
    "quotes.tsv": "# beta\nPOST\t/f(" + "a='{a}'," * 20_000 + "\n",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_an_error_too(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as failed:
        build_catalogue([source(tmp_path, name, LONG[name]), source(tmp_path, "beta.csdl")])
    assert failed.value.message.startswith(name)
