"""Tokens from the environment and from the real azure-identity, over TLS; and what an authority cannot do."""

from __future__ import annotations

import builtins
import json
import logging
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from graphcontract.live.claims import parse_claims
from graphcontract.live.credentials import NoCredential, Tokens, find_tokens, withhold
from graphcontract.live.safety.allowed_hosts import parse_root
from graphcontract.tenant import Running, running
from graphcontract.transports.certificates import Certificates
from tests.clauses import CONTRACT
from tests.live import judge

MANAGE = "SharePointCrossTenantMigration.Manage.All"
SECRET, ASSERTION = "S3cr3t-canary-0123456789abcdef", "assertion-canary-0123456789abcdef"
COOKIE, REFRESH = "cookie-canary-0123456789abcdef", "refresh-canary-0123456789abcdef"
SECOND = "33333333-3333-4333-8333-333333333333"  # a client id
LOOPBACK = parse_root("http://127.0.0.1:1", CONTRACT)


@pytest.fixture(scope="module")
def secure() -> Iterator[Running]:
    with running(tls=True) as tenant:
        yield tenant


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No credential of this machine's, and no managed identity to wait for."""
    import os

    for name in list(os.environ):
        if name.startswith(("AZURE_", "GRAPHCONTRACT_", "ACTIONS_", "MSI_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", "/nowhere")
    return monkeypatch


def trusting(patch: pytest.MonkeyPatch, authority: str, ca_file: str | None, tenant_id: str) -> None:
    patch.setenv("AZURE_AUTHORITY_HOST", authority)
    patch.setenv("AZURE_TENANT_ID", tenant_id)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        patch.setenv(name, ca_file or "")


def found(patch: pytest.MonkeyPatch) -> Tokens:
    import os

    del patch
    return find_tokens(LOOPBACK, os.environ)


class TestEnvironment:
    def test_a_token_that_is_set_comes_first(self, clean: pytest.MonkeyPatch) -> None:
        clean.setenv("GRAPHCONTRACT_TOKEN", " t0ken\n")
        clean.setenv("AZURE_CLIENT_SECRET", SECRET)
        tokens = found(clean)
        assert tokens.get() == "t0ken"
        assert tokens.issued == {"t0ken", SECRET}
        assert tokens.lesser is None

    @pytest.mark.parametrize("text", ["s3 x", "s3\nx", "s3ü", "s3\x00x", "Bearer s3", "s3=x"])
    def test_one_that_is_not_a_bearer_token(self, text: str) -> None:
        tokens = find_tokens(LOOPBACK, {"GRAPHCONTRACT_TOKEN": text})
        with pytest.raises(NoCredential) as caught:
            tokens.get()
        assert caught.value.status == 3
        assert "s3" not in str(caught.value)

    @pytest.mark.parametrize("text", ["x", "[]", "null", '{"a": 1}', '{"A B": "x"}', "[" * 10_000])
    def test_tokens_to_be_refused_are_an_object(self, text: str) -> None:
        with pytest.raises(NoCredential, match="JSON object"):
            find_tokens(LOOPBACK, {"GRAPHCONTRACT_TOKEN": "x", "GRAPHCONTRACT_TOKENS_REFUSED": text})

    def test_without_azure_identity(self, monkeypatch: pytest.MonkeyPatch) -> None:
        original = builtins.__import__

        def without(name: str, *rest: Any) -> Any:
            if name.startswith("azure"):
                raise ImportError(name)
            return original(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(NoCredential) as caught:
            find_tokens(LOOPBACK, {})
        assert caught.value.status == 3
        assert "pip install 'graphcontract[live]'" in caught.value.hint

    def test_a_client_finds_none_of_them(self) -> None:
        kept = {"PATH": "/bin", "HOME": "/root", "AZURE_CONFIG_DIR": "/x"}
        secret = (
            "GRAPHCONTRACT_TOKEN",
            "GRAPHCONTRACT_TOKEN_UNPRIVILEGED",
            "GRAPHCONTRACT_UNPRIVILEGED_CLIENT_SECRET",
            "AZURE_CLIENT_SECRET",
            "AZURE_FEDERATED_TOKEN_FILE",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "SYSTEM_ACCESSTOKEN",
            "IDENTITY_HEADER",
        )
        environment = {**kept, **dict.fromkeys(secret, "x")}
        withhold(environment)
        assert environment == kept


class TestAzureIdentity:
    def test_a_secret(self, secure: Running, clean: pytest.MonkeyPatch) -> None:
        trusting(clean, secure.authority, secure.ca_file, secure.tenant_id)
        app = secure.directory.apps["privileged"]
        clean.setenv("AZURE_CLIENT_ID", app.client_id)
        clean.setenv("AZURE_CLIENT_SECRET", app.secret)
        claims = parse_claims(found(clean).get())
        assert claims.permissions == frozenset({MANAGE})
        assert claims.tenant == secure.tenant_id

    def test_a_certificate(self, secure: Running, clean: pytest.MonkeyPatch) -> None:
        trusting(clean, secure.authority, secure.ca_file, secure.tenant_id)
        credential = secure.describe()["credentials"]["reader"]
        clean.setenv("AZURE_CLIENT_ID", credential["client_id"])
        clean.setenv("AZURE_CLIENT_CERTIFICATE_PATH", credential["client_certificate"])
        assert not parse_claims(found(clean).get()).carries({MANAGE})

    def test_a_second_app_by_the_same_means(self, secure: Running, clean: pytest.MonkeyPatch) -> None:
        trusting(clean, secure.authority, secure.ca_file, secure.tenant_id)
        first, second = secure.directory.apps["privileged"], secure.directory.apps["unprivileged"]
        clean.setenv("AZURE_CLIENT_ID", first.client_id)
        clean.setenv("AZURE_CLIENT_SECRET", first.secret)
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_ID", second.client_id)
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_SECRET", second.secret)
        tokens = found(clean)
        assert parse_claims(tokens.get()).carries({MANAGE})
        assert not parse_claims(tokens.get_lesser()).carries({MANAGE})

    def test_a_whole_run_over_tls(self, secure: Running, clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
        import os

        trusting(clean, secure.authority, secure.ca_file, secure.tenant_id)
        app = secure.directory.apps["reader"]
        clean.setenv("AZURE_CLIENT_ID", app.client_id)
        clean.setenv("AZURE_CLIENT_SECRET", app.secret)
        result = judge(secure, tmp_path, env=os.environ, require_least_privilege=True)
        assert result.status == 0
        assert result.events[0]["tls"] is True
        assert app.secret not in result.text

    def test_a_certificate_that_nothing_vouches_for(
        self, secure: Running, clean: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        from graphcontract.live.options import LiveUnreachable

        clean.delenv("SSL_CERT_FILE", raising=False)
        env = {"GRAPHCONTRACT_TOKEN": secure.token()}
        with pytest.raises(LiveUnreachable, match="cannot be reached"):
            judge(secure, tmp_path, env=env)

    @pytest.mark.parametrize(
        "host", ["https://evil.example", "login.microsoftonline.com.evil.example", "https://x@evil.example"]
    )
    def test_a_secret_goes_to_no_other_authority(self, clean: pytest.MonkeyPatch, host: str) -> None:
        clean.setenv("AZURE_AUTHORITY_HOST", host)
        clean.setenv("AZURE_CLIENT_SECRET", SECRET)
        with pytest.raises(NoCredential, match="AZURE_AUTHORITY_HOST"):
            found(clean)


class _Telling(BaseHTTPRequestHandler):
    """Answers in JSON, and logs nothing."""

    def respond(self, status: int, document: Mapping[str, Any], **fields: str) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@contextmanager
def serving(handler: type[_Telling], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on loopback, over TLS where there is a context for it; gives the root."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Authority(_Telling):
    """Gives what it is configured to, and sends back all that it was sent."""

    answer: Mapping[str, Any]
    status = 200
    asked: list[str]

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, content: str) -> None:
        self.asked.append(f"{self.path}\n{self.headers}\n{content}")
        document = {
            name: (f"{value} {content}" if value == "echo" else value) for name, value in self.answer.items()
        }
        if "openid-configuration" in self.path:
            root = f"https://{self.headers['Host']}/{self.path.split('/')[1]}"
            endpoints = ("authorization_endpoint", "token_endpoint", "issuer")
            document = {name: f"{root}/{name}" for name in endpoints}
        status = 200 if "openid-configuration" in self.path else self.status
        self.respond(status, document, Set_Cookie=f"session={COOKIE}")


@pytest.fixture
def authority(clean: pytest.MonkeyPatch) -> Iterator[type[_Authority]]:
    """An authority on loopback, over TLS, and the environment of an app with a secret that asks it."""
    handler = type("Handler", (_Authority,), {"asked": [], "answer": {}})
    certificates = Certificates()
    try:
        with serving(handler, certificates.context("trusted")) as root:
            trusting(clean, root, certificates.ca_file, "11111111-1111-4111-8111-111111111111")
            clean.setenv("AZURE_CLIENT_ID", "22222222-2222-4222-8222-222222222222")
            clean.setenv("AZURE_CLIENT_SECRET", SECRET)
            yield handler
    finally:
        certificates.remove()


class _Identity(_Telling):
    """A managed identity's endpoint, as App Service has it: gives each client its own token."""

    tokens: Mapping[str, str]
    asked: list[Mapping[str, str]]

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        self.asked.append({"header": self.headers["X-IDENTITY-HEADER"], **query})
        given = {"access_token": self.tokens[query.get("client_id", "")], "token_type": "Bearer"}
        self.respond(200, given | {"expires_on": "4102444800", "resource": query["resource"]})


@pytest.fixture
def identity(clean: pytest.MonkeyPatch, shared: Running) -> Iterator[type[_Identity]]:
    """A managed identity of the machine's own, and one that was assigned to it."""
    tokens = {
        "": shared.token("reader"),
        SECOND: shared.token("unprivileged"),
    }
    handler = type("Handler", (_Identity,), {"asked": [], "tokens": tokens})
    with serving(handler) as root:
        clean.setenv("IDENTITY_ENDPOINT", f"{root}/msi/token")
        clean.setenv("IDENTITY_HEADER", "header-canary-0123456789abcdef")
        yield handler


class TestByOtherMeans:
    def test_a_federated_token_in_a_file(
        self, authority: type[_Authority], shared: Running, clean: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        clean.delenv("AZURE_CLIENT_SECRET")
        (tmp_path / "token").write_text(ASSERTION)
        clean.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_ID", SECOND)
        token = shared.token("reader")
        authority.answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        tokens = found(clean)
        assert tokens.get() == tokens.get_lesser() == token
        exchanged = [asked for asked in authority.asked if ASSERTION in asked]
        assert ["22222222" in exchanged[0], "33333333" in exchanged[1]] == [True, True]

    def test_managed_identities(self, identity: type[_Identity], clean: pytest.MonkeyPatch) -> None:
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_ID", SECOND)
        tokens = found(clean)
        assert (tokens.get(), tokens.get_lesser()) == (identity.tokens[""], identity.tokens[SECOND])
        assert {each["header"] for each in identity.asked} == {"header-canary-0123456789abcdef"}
        assert {each["resource"] for each in identity.asked} == {"https://graph.microsoft.com"}

    def test_one_does_for_a_whole_run(
        self, identity: type[_Identity], shared: Running, clean: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        import os

        result = judge(shared, tmp_path, env=os.environ, keep_bodies=tmp_path / "bodies.jsonl")
        assert (result.status, len(identity.asked)) == (0, 1)
        written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
        for canary in ("header-canary-0123456789abcdef", identity.tokens[""]):
            assert canary not in result.text + written

    def test_the_azure_cli(self, shared: Running, clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
        token = shared.token("reader")
        given = {"accessToken": token, "expiresOn": "2099-12-31 23:59:59.000000"}
        cli = tmp_path / "az"
        cli.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/asked"\necho \'{json.dumps(given)}\'\n')
        cli.chmod(0o755)
        clean.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        clean.setenv("AZURE_TOKEN_CREDENTIALS", "dev")  # else a managed identity is waited for
        assert found(clean).get() == token
        assert "https://graph.microsoft.com" in (tmp_path / "asked").read_text()

    def test_a_second_app_with_a_certificate(self, secure: Running, clean: pytest.MonkeyPatch) -> None:
        trusting(clean, secure.authority, secure.ca_file, secure.tenant_id)
        clean.setenv("GRAPHCONTRACT_TOKEN", secure.token())
        credential = secure.describe()["credentials"]["unprivileged"]
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_ID", credential["client_id"])
        clean.setenv("GRAPHCONTRACT_UNPRIVILEGED_CLIENT_CERTIFICATE_PATH", credential["client_certificate"])
        assert not parse_claims(found(clean).get_lesser()).carries({MANAGE})


class TestCanaries:
    def test_what_an_authority_says_is_never_printed(
        self,
        authority: type[_Authority],
        clean: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        authority.status = 400
        authority.answer = {"error": "invalid_client", "error_description": "echo", "refresh_token": REFRESH}
        with caplog.at_level(logging.DEBUG), pytest.raises(NoCredential) as caught:
            found(clean).get()
        assert any(SECRET in asked for asked in authority.asked)
        out, err = capfd.readouterr()
        shown = f"{out}{err}{caplog.text}{caught.value}{caught.value.hint}{caught.value.__context__}"
        assert caught.value.__cause__ is None
        assert not [canary for canary in (SECRET, COOKIE, REFRESH) if canary in str(caught.value) + out + err]
        assert COOKIE not in shown

    def test_codes_of_the_authority_are(self, authority: type[_Authority], clean: pytest.MonkeyPatch) -> None:
        authority.status = 401
        document = f"AADSTS7000215: Invalid client secret {SECRET}"
        authority.answer = {"error": "invalid_client", "error_description": document}
        with pytest.raises(NoCredential, match="AADSTS7000215") as caught:
            found(clean).get()
        assert SECRET not in str(caught.value)

    def test_of_a_whole_run_none_is_kept(
        self,
        authority: type[_Authority],
        shared: Running,
        clean: pytest.MonkeyPatch,
        tmp_path: Path,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        import os

        token = shared.token()
        authority.answer = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": REFRESH,
        }
        result = judge(
            shared,
            tmp_path,
            env=os.environ,
            request_log=tmp_path / "log.jsonl",
            keep_bodies=tmp_path / "bodies.jsonl",
        )
        assert result.status == 0
        out, err = capfd.readouterr()
        written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
        for canary in (SECRET, COOKIE, REFRESH, token, token[20:60], token[-30:]):
            assert canary not in result.text + out + err + written

    def test_an_identity_of_github_is_exchanged_and_not_kept(
        self, authority: type[_Authority], shared: Running, clean: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        import os

        from tests.live.hostile import Answering, answering, asked

        clean.delenv("AZURE_CLIENT_SECRET")
        authority.answer = {
            "access_token": shared.token("reader"),
            "token_type": "Bearer",
            "expires_in": 3600,
        }
        identity = Answering(200, content=json.dumps({"value": ASSERTION}).encode())
        with answering(identity) as github:
            clean.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{github}/token?api-version=2")
            clean.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-canary-0123456789abcdef")
            result = judge(shared, tmp_path, env=os.environ, keep_bodies=tmp_path / "bodies.jsonl")
            (request,) = asked(github)
        assert "audience=api%3A%2F%2FAzureADTokenExchange" in request
        assert any(ASSERTION in each for each in authority.asked)
        assert result.status == 0
        written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
        for canary in (ASSERTION, "job-canary-0123456789abcdef"):
            assert canary not in result.text + written

    @pytest.mark.parametrize("url", ["http://evil.example/token", "ftp://x", ""])
    def test_nor_asked_for_in_the_clear(
        self, authority: type[_Authority], clean: pytest.MonkeyPatch, url: str
    ) -> None:
        clean.delenv("AZURE_CLIENT_SECRET")
        clean.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", url or "x")
        clean.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-canary-0123456789abcdef")
        with pytest.raises(NoCredential):
            found(clean).get()
