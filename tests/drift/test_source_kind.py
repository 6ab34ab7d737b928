"""Kinds of sources and clouds of CSDL files: by content the one, by name the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcontract.drift.clouds import find_cloud
from graphcontract.drift.model import Source, SourceError
from graphcontract.drift.source_kind import detect_kind
from tests.drift import library
from tests.drift.test_sdk_export import EXPORT

EDMX = '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (library.PAGE_TEXT, "page"),
        (library.PERMISSIONS_TEXT, "page"),
        ("\ufeff# A page", "page"),
        (json.dumps(library.PERMISSIONS_JSON, indent=2), "permissions"),
        ('{"$schema": "x", "permissions": {}}', "permissions"),
        (f'<?xml version="1.0" encoding="utf-8"?>\n<!-- a --><!-- b -->\n{EDMX}', "csdl"),
        (EDMX, "csdl"),
        ("openapi: 3.0.1\ninfo:\n", "openapi"),
        ("# made by hand\n---\n\ninfo:\n  title: x\nopenapi: 3.1.0\n", "openapi"),
        ('{"openapi": "3.1.0"}', "openapi"),
        ('{"x-a": "b", "openapi": "3.0.4"}', "openapi"),
        ('{"components": {}, "info": {"title": "swagger"}, "openapi": "3.1.0"}', "openapi"),
        ("{components: {}, openapi: 3.1.0}", "openapi"),
        ("{openapi: 3.1.0, info: {title: x}}", "openapi"),
        (EXPORT, "sdk"),
        ('{"log": {"entries": []}}', "run"),
        ('{"event": "header", "format": 1}\n', "run"),
        ('{"snapshot": 1}', "snapshot"),
    ],
)
def test_content_tells(tmp_path: Path, text: str, kind: str) -> None:
    path = tmp_path / "source"
    path.write_text(text, encoding="utf-8")
    assert detect_kind(Source(path, "source")) == kind


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"<html><body>", "HTML"),
        (b"<!-- a -->" * 3000 + b"<!doctype html>", "HTML"),
        (b"<!-- a -->" * 6000, "not a documentation page"),
        (b"<svg/>", "not a documentation page"),
        (b"\x00\x01", "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\n# x\n", "binary"),
        ("# loan: cancel".encode("utf-16"), "binary"),
        (b"{}", "not a documentation page"),
        (b"words", "not a documentation page"),
        (b'{"x-a": "b", "swagger": "2.0"}', "Swagger 2.0"),
        (b"# old\nswagger: '2.0'\n", "Swagger 2.0"),
    ],
)
def test_what_is_not_a_source(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "source"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=said):
        detect_kind(Source(path, "source"))


@pytest.mark.parametrize(
    ("name", "cloud"),
    [
        ("schemas/beta-Prod.csdl", "global"),
        ("beta-USSec.csdl", "ussec"),
        ("v1.0-Fairfax.csdl", "us-gov-l4"),
        ("C:\\schemas\\beta-Mooncake.xml", "china"),
        ("https://graph.microsoft.com/beta/$metadata", "global"),
        ("https://dod-graph.microsoft.us/beta/$metadata", "us-gov-l5"),
        ("https://raw.githubusercontent.com/m/msgraph-metadata/master/schemas/beta-Prod.csdl", "global"),
        ("metadata.xml", None),
        ("not-beta-Prod.csdl.md", None),
    ],
)
def test_a_name_tells_the_cloud(name: str, cloud: str | None) -> None:
    assert find_cloud(name) == cloud
