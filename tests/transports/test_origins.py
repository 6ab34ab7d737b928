"""Other origins of a endpoint: where redirections lead, and what is recorded there."""

from __future__ import annotations

import httpx
import pytest

from graphcontract.http.stub_response import ResponseScript, StubResponse, stub
from graphcontract.transports import Record
from graphcontract.transports.loopback import Loopback

from .wire import (
    DONE,
    NO_CONTENT,
    PLAIN,
    connect,
    done,
    exchange,
    one_answer,
    receive,
    secured,
    to_the_end,
    trusting,
)

GONE = StubResponse(410)


def led(server: Loopback, name: str, *elsewhere: StubResponse) -> ResponseScript:
    return ResponseScript(
        (StubResponse(307, (("Location", f"{{{name}}}/there"),)), DONE), elsewhere=elsewhere
    )


def port(root: str) -> int:
    return int(root.rpartition(":")[2])


class TestPlaces:
    def test_a_plain_stage_has_itself_alone(self, server: Loopback) -> None:
        endpoint = done(server)
        number = port(endpoint.root)
        assert endpoint.roots == {
            "self": f"http://127.0.0.1:{number}",
            "same-host-name": f"http://localhost:{number}",
        }
        assert endpoint.root == endpoint.roots["self"]

    def test_with_answers_elsewhere_there_are_others(self, server: Loopback) -> None:
        hosts = server.hosts
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
        other = port(endpoint.roots["other-port"])
        assert other != port(endpoint.root)
        assert endpoint.roots["other-port"] == f"http://127.0.0.1:{other}"
        assert endpoint.roots["other-host"] == f"http://localhost:{other}"
        assert "plain" not in endpoint.roots
        assert server.hosts == hosts
        assert not any(host.endswith(f":{other}") for host in hosts)

    def test_another_name_leads_to_the_same_port(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint, "same-host-name") as connection:
            exchange(connection)
        (request,) = endpoint.finish().requests
        assert request.origin == endpoint.root.removeprefix("http://")

    def test_they_are_kept_for_the_next_stage(self, server: Loopback) -> None:
        roots = set()
        for _ in range(3):
            endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
            roots.add(endpoint.roots["other-port"])
            with connect(endpoint, "other-port") as connection:
                exchange(connection)
            assert len(endpoint.finish().elsewhere) == 1
        assert len(roots) == 1

    def test_they_are_retired_with_a_spoiled_stage(self, server: Loopback) -> None:
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
        endpoint.finish(spoiled=True)
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint, "other-port")

    def test_stages_at_once_have_others_of_their_own(self, server: Loopback) -> None:
        first, second = (server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,))) for _ in range(2))
        assert first.roots["other-port"] != second.roots["other-port"]
        with connect(second, "other-port") as connection:
            exchange(connection)
        assert (len(first.finish().elsewhere), len(second.finish().elsewhere)) == (0, 1)


class TestAlikeAddress:
    MOVED = StubResponse(307, (("Location", "{alike-address}/there"),))

    def test_it_is_there_if_a_response_refers_to_it(self, server: Loopback) -> None:
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
        assert "alike-address" not in endpoint.roots
        if "alike-address" not in server.shows:  # only Linux has all addresses that begin with 127
            with pytest.raises(ValueError, match="placeholder"):
                server.open_endpoint(ResponseScript((self.MOVED,), elsewhere=(DONE,)))
            return
        roots = set()
        for _ in range(2):
            endpoint = server.open_endpoint(ResponseScript((self.MOVED,), elsewhere=(DONE,)))
            roots.add(endpoint.roots["alike-address"])
            with httpx.Client(trust_env=False, follow_redirects=True) as client:
                assert client.post(endpoint.root).status_code == 204
            (there,) = endpoint.finish().elsewhere
            assert there.origin.startswith("127.0.0.10:")
        assert roots == {f"http://{there.origin}"}


class TestElsewhere:
    @pytest.mark.parametrize("name", ["other-port", "other-host"])
    def test_httpx_is_led_there(self, server: Loopback, name: str) -> None:
        endpoint = server.open_endpoint(led(server, name, GONE))
        with httpx.Client(trust_env=False, follow_redirects=True) as client:
            response = client.post(endpoint.root, headers={"Authorization": "Bearer t"})
        record = endpoint.finish()
        assert (response.status_code, str(response.url)) == (410, f"{endpoint.roots[name]}/there")
        (request,), (there,) = record.requests, record.elsewhere
        assert (len(record.responses), record.connections) == (1, 1)
        assert request.values("authorization") == ["Bearer t"]
        assert there.values("authorization") == []
        assert (there.method, there.target, there.scheme) == ("POST", "/there", "http")
        assert there.origin == endpoint.roots["other-port"].removeprefix("http://")
        assert there.values("host") == [endpoint.roots[name].removeprefix("http://")]
        assert request.at <= there.at

    def test_answers_come_in_order_to_any_request_the_last_repeated(self, server: Loopback) -> None:
        script = ResponseScript((DONE,), concerns=lambda _request: False, elsewhere=(StubResponse(503), GONE))
        endpoint = server.open_endpoint(script)
        statuses = []
        for name in ("other-port", "other-host", "other-port"):
            with connect(endpoint, name) as connection:
                statuses.append(one_answer(connection, PLAIN)[9:12])
        assert statuses == [b"503", b"410", b"410"]
        record = endpoint.finish()
        assert (record.requests, len(record.elsewhere), record.connections) == ((), 3, 0)

    def test_answers_there_lead_on_and_fail_too(self, server: Loopback) -> None:
        back = StubResponse(307, (("Location", "{self}/back"),))
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(back, stub(204, fault="closed"))))
        with connect(endpoint, "other-port") as connection:
            assert f"Location: {endpoint.root}/back\r\n".encode() in one_answer(connection, PLAIN)
            connection.sendall(PLAIN)
            assert to_the_end(connection) == b""

    def test_it_can_be_refused_there(self, server: Loopback) -> None:
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(stub(204, fault="refused"),)))
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint, "other-port")
        with connect(endpoint) as connection:
            exchange(connection)
        assert len(endpoint.finish().requests) == 1

    def test_late_requests_there_are_counted(self, server: Loopback) -> None:
        endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
        with connect(endpoint, "other-port") as connection:
            exchange(connection)
            endpoint.finish()
            assert one_answer(connection, PLAIN).startswith(b"HTTP/1.1 503 ")

    def test_what_cannot_be_staged_there(self, server: Loopback) -> None:
        for elsewhere in ((StubResponse(None),), (DONE, stub(204, fault="refused"))):
            with pytest.raises(ValueError, match=r"settle it first|first response"):
                server.open_endpoint(ResponseScript((DONE,), elsewhere=elsewhere))

    def test_no_elsewhere_is_not_a_record(self, server: Loopback) -> None:
        assert done(server).finish() == Record((), (), (), 0)


class TestSecure:
    def test_the_others_are_https_and_one_is_plain(self) -> None:
        with Loopback(ports=1, tls=True) as server:
            endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
            assert {name: root.partition(":")[0] for name, root in endpoint.roots.items()} == {
                "self": "https",
                "same-host-name": "https",
                "other-port": "https",
                "other-host": "https",
                "plain": "http",
            }
            assert len({port(root) for root in endpoint.roots.values()}) == 3
            context = trusting(server)
            for name in ("same-host-name", "other-port", "other-host"):
                with secured(context, endpoint, name) as connection:
                    exchange(connection)
            with connect(endpoint, "plain") as connection:
                exchange(connection)
            record = endpoint.finish()
        assert [request.scheme for request in record.requests] == ["https"]
        assert [request.scheme for request in record.elsewhere] == ["https", "https", "http"]
        assert len({request.origin for request in record.elsewhere}) == 2

    def test_from_https_to_http(self) -> None:
        with Loopback(ports=1, tls=True) as server:
            context = trusting(server)
            endpoint = server.open_endpoint(led(server, "plain", GONE))
            with httpx.Client(trust_env=False, follow_redirects=True, verify=context) as client:
                assert client.post(endpoint.root).status_code == 410
            (there,) = endpoint.finish().elsewhere
        assert there.scheme == "http"

    def test_both_others_share_their_answers(self) -> None:
        with Loopback(ports=1, tls=True) as server:
            endpoint = server.open_endpoint(ResponseScript((DONE,), elsewhere=(StubResponse(503), DONE)))
            with connect(endpoint, "plain") as connection:
                assert one_answer(connection, PLAIN).startswith(b"HTTP/1.1 503 ")
            with secured(trusting(server), endpoint, "other-host") as connection:
                connection.sendall(PLAIN)
                assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
