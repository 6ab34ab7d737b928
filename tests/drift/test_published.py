"""Fetching from a local server: conditional, whole or not at all, and a clear end for what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.cli import app
from graphcontract.cli.drift_published import list_addresses
from graphcontract.drift.model import SourceError
from graphcontract.drift.published import Fetched, fetch_sources
from graphcontract.drift.waivers import Address
from tests.cli.running import CliRunner, Here
from tests.drift import library, schemas

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Serves texts by path, with an entity tag; `odd` answers replace them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.odd: dict[str, Answer] = {}
        self.seen: list[tuple[str, int]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/docs/")
                if path in server.odd:
                    server.odd[path](self)
                elif path not in server.texts:
                    self.reply(404)
                elif self.headers["If-None-Match"] == server.tag(path):
                    self.reply(304)
                else:
                    self.reply(200, server.texts[path].encode(), ETag=server.tag(path))

            def reply(self, status: int, body: bytes = b"", **fields: str) -> None:
                server.seen.append((self.path.removeprefix("/docs/"), status))
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_port}/docs/"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def tag(self, path: str) -> str:
        return f'"{len(self.texts[path])}-{hash(self.texts[path])}"'

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def status(number: int, **fields: str) -> Answer:
    return lambda handler: handler.reply(number, b"no", **fields)  # type: ignore[attr-defined]


def body(text: str, content_type: str) -> Answer:
    return lambda handler: handler.reply(200, text.encode(), Content_Type=content_type)  # type: ignore[attr-defined]


def truncated(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(library.PAGE_TEXT.encode())
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.texts = library.files_of_page() | {"permissions.json": json.dumps(library.PERMISSIONS_JSON)}
    yield made
    made.close()


def fetched(server: Server, cache: Path) -> Fetched:
    addresses = [
        Address("page", server.root, library.PAGE),
        Address("permissions", server.root, "permissions.json"),
    ]
    return fetch_sources(addresses, cache, lambda _url, _size, _whole: None)


def test_a_page_comes_with_its_includes(server: Server, tmp_path: Path) -> None:
    found = fetched(server, tmp_path / "cache")
    result = library.compared(library.contract(tmp_path), *found.sources)
    assert library.rules(result) == ["letter-case-changed"]
    assert [each.origin.source for each in result.readings] == [
        server.root + library.PAGE,
        f"{server.root}permissions.json",
    ]
    assert result.readings[0].facts["clouds"].origin.source == server.root + library.CLOUDS


def test_a_second_time_nothing_is_sent_again(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path)
    server.seen.clear()
    fetched(server, tmp_path)
    assert sorted(status for _, status in server.seen) == [304] * 4


def test_what_changed_is_fetched(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path / "cache")
    server.texts[library.CLOUDS] = library.CLOUDS_TEXT.replace("|✅|❌|", "|✅|✅|")
    found = fetched(server, tmp_path / "cache")
    result = library.compared(library.contract(tmp_path), found.sources[0])
    assert library.rules(result) == ["cloud-added"]


@pytest.mark.parametrize("number", [404, 410])
def test_a_source_that_is_gone_is_a_finding(server: Server, tmp_path: Path, number: int) -> None:
    fetched(server, tmp_path)
    server.odd[library.PAGE] = status(number)
    found = fetched(server, tmp_path)
    assert [each.name for each in found.sources] == [f"{server.root}permissions.json"]
    ((origin, text),) = found.gone
    assert origin.source == server.root + library.PAGE
    assert str(number) in text


def test_an_include_that_is_gone_leaves_its_fact_unknown(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path / "cache")
    del server.texts[library.PERMISSIONS]
    result = library.compared(library.contract(tmp_path), fetched(server, tmp_path / "cache").sources[0])
    assert library.rules(result) == ["fact-unreadable"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), "never served it"),
        (status(429, Retry_After="7"), "after 7 s"),
        (status(429), "Try again later"),
        (status(503), "server error"),
        (status(302, Location="https://login.example/"), "redirects to https://login.example/"),
        (status(403), "responded 403"),
        (truncated, "connection broke"),
        (body("<!DOCTYPE html><p>Sign in", "text/html; charset=utf-8"), "HTML"),
        (body("<!DOCTYPE html><p>Sign in", "text/plain"), "HTML"),
        (body('{"openapi": "3.1.0"}', "application/json"), "openapi, and page was expected"),
        (body("", "text/plain"), "empty"),
    ],
)
def test_what_cannot_be_fetched_is_one_clear_error(
    server: Server, tmp_path: Path, answer: Answer, said: str
) -> None:
    server.odd[library.PAGE] = answer
    with pytest.raises(SourceError, match=re.escape(said)) as error:
        fetched(server, tmp_path)
    assert server.root + library.PAGE in str(error.value)
    assert not list(tmp_path.rglob("*.part"))


def test_a_failed_fetch_leaves_the_cache_as_it_was(server: Server, tmp_path: Path) -> None:
    before = fetched(server, tmp_path).sources[0].path.read_bytes()
    server.odd[library.PAGE] = truncated
    with pytest.raises(SourceError):
        fetched(server, tmp_path)
    del server.odd[library.PAGE]
    assert fetched(server, tmp_path).sources[0].path.read_bytes() == before


def test_nobody_there(tmp_path: Path) -> None:
    server = Server()
    server.close()
    with pytest.raises(SourceError, match="cannot be reached"):
        fetched(server, tmp_path)


def test_the_command_fetches_what_goes_with_a_contract(server: Server, tmp_path: Path) -> None:
    library.contract(tmp_path)
    (tmp_path / "drift-sources").mkdir()
    addresses = [{"kind": "page", "root": server.root, "path": library.PAGE}]
    document = {"contract": "loan-cancel", "published": addresses}
    (tmp_path / "drift-sources" / "loan-cancel.json").write_text(json.dumps(document))
    words = [
        "drift",
        "--published",
        "--contract",
        str(tmp_path / "loan-cancel.json"),
        "--cache",
        str(tmp_path),
    ]
    ended = CliRunner().invoke(app, words)
    assert (ended.exit_code, "no drift and no skew, 15 facts of 1 source compared." in ended.output) == (
        0,
        True,
    )
    snapshot = [words[0], "snapshot", *words[1:], "--output", str(tmp_path / "now.json")]
    assert CliRunner().invoke(app, snapshot).exit_code == 0
    assert CliRunner().invoke(app, [*words, "--since", str(tmp_path / "now.json")]).exit_code == 0
    server.texts[library.PAGE] = "# A project\n\nThe docs have moved.\n"
    ended = CliRunner().invoke(app, words)
    assert isinstance(ended.exception, SourceError)
    assert (ended.exception.status, "not a documentation page" in str(ended.exception)) == (3, True)
    server.texts[library.PAGE] = library.PAGE_TEXT.replace(": cancel", ": renew").replace("/cancel", "/x/y")
    assert "0 facts of 1 source compared." in CliRunner().invoke(app, [*words, "--fail-on", "err"]).output
    server.odd[library.PAGE] = status(404)
    ended = CliRunner().invoke(app, snapshot)
    assert isinstance(ended.exception, SourceError)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 4
    assert "source-gone" in ended.output


FOLDER = ("--from", "contracts", "--operations", "all")


def _publish(server: Server, *kinds: str) -> list[dict[str, str]]:
    """Serve sources of many operations, and give the addresses of those of these kinds."""
    server.texts |= {"openapi.yaml": schemas.OPENAPI, "beta.csdl": schemas.CSDL}
    paths = {"page": library.PAGE, "openapi": "openapi.yaml", "csdl": "beta.csdl"}
    return [{"kind": kind, "root": server.root, "path": paths[kind]} for kind in kinds]


def _write_contract(folder: Path, addresses: list[dict[str, str]]) -> None:
    contracts = folder / "contracts"
    contracts.mkdir(exist_ok=True)
    library.contract(contracts)
    (contracts / "drift-sources").mkdir(exist_ok=True)
    text = json.dumps({"contract": "loan-cancel", "published": addresses})
    (contracts / "drift-sources" / "loan-cancel.json").write_text(text)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Here:
    """An empty folder, in which commands run."""
    return Here(monkeypatch, capsys, tmp_path)


def test_sources_of_many_operations_are_fetched_once(server: Server, here: Here) -> None:
    addresses = _publish(server, "page", "csdl", "openapi", "csdl")
    _write_contract(here.folder, addresses)
    ended = here("drift", "--published", *FOLDER, "--cache", "cache")
    assert ended.status == 0, ended
    assert [path for path, _ in server.seen] == ["beta.csdl", "openapi.yaml"]  # a page is of one operation
    assert f"csdl        {server.root}beta.csdl" in ended.out
    assert f"openapi     {server.root}openapi.yaml" in ended.out


def test_a_snapshot_of_many_operations_is_made_of_fetched_sources(server: Server, here: Here) -> None:
    _write_contract(here.folder, _publish(server, "openapi"))
    many = ("--published", *FOLDER, "--cache", "cache")
    assert here("drift", "snapshot", *many, "--output", "now.jsonl").status == 0
    ended = here("drift", *many, "--since", "now.jsonl")
    assert (ended.status, "no drift" in ended.out) == (0, True), ended
    server.odd["openapi.yaml"] = status(404)
    ended = here("drift", "snapshot", *many)
    assert (ended.status, "an earlier fetch succeeded" in ended.err) == (3, True)


def test_a_source_of_many_operations_that_is_gone_or_lost_is_a_finding(server: Server, here: Here) -> None:
    _write_contract(here.folder, _publish(server, "openapi"))
    (here.folder / "given.yaml").write_text(schemas.OPENAPI)
    many = ("drift", "given.yaml", "--published", *FOLDER, "--cache", "cache", "--report", "json=found.json")
    assert "source-gone" not in here(*many).out
    server.odd["openapi.yaml"] = status(410)
    ended = here(*many)
    assert (ended.status, "source-gone" in ended.out) == (4, True)
    server.odd["openapi.yaml"] = status(503)
    ended = here(*many)
    assert (ended.status, "503" in ended.err) == (3, True)
    found = json.loads((here.folder / "found.json").read_text())
    assert "source-unreadable" in {each["rule"] for each in found["findings"]}
    assert "facts of 1 source compared" in ended.out  # the given one


@pytest.mark.parametrize("kinds", [(), ("page",)])
def test_without_published_sources_of_many_operations(
    kinds: tuple[str, ...], server: Server, here: Here
) -> None:
    _write_contract(here.folder, _publish(server, *kinds))
    ended = here("drift", "--published", *FOLDER, "--cache", "cache")
    assert ended.status == 2
    assert "error: no contract of these operations lists published sources of many operations" in ended.err
    assert server.seen == []


@pytest.mark.parametrize(
    ("patterns", "versions"),
    [
        (["beta POST /users/*"], {"beta"}),
        (["v1.0 DELETE /users/*"], {"v1.0"}),
        (["DELETE /users/{id}"], {"beta", "v1.0"}),
    ],
)
def test_shipped_contracts_list_the_sources_of_the_catalogue(patterns: list[str], versions: set[str]) -> None:
    catalogue = Catalogue.load()
    found = list_addresses(catalogue, [id for each in patterns for id in catalogue.find(each)])
    assert len(found) == len(set(found))
    assert {each.kind for each in found} == {"permissions", "csdl", "openapi"}
    of_versions = [each.path for each in found if each.kind != "permissions"]
    assert {version for version in ("beta", "v1.0") for path in of_versions if version in path} == versions
