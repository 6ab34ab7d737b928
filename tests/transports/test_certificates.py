"""The certificates that TLS endpoints show, and the file of the authority to trust."""

from __future__ import annotations

import ssl
import subprocess
import sys
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from graphcontract.http.stub_response import ResponseScript
from graphcontract.transports import Certificate
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.loopback import Loopback

from .wire import DONE, careless, secured


def shown(server: Loopback, kind: Certificate) -> x509.Certificate:
    endpoint = server.open_endpoint(ResponseScript((DONE,)), certificate=kind)
    with secured(careless(), endpoint) as connection:
        der = connection.getpeercert(binary_form=True)
    endpoint.finish()
    assert der is not None
    return x509.load_der_x509_certificate(der)


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "trusted", "named", "valid"),
    [
        ("trusted", True, True, True),
        ("untrusted", False, True, True),
        ("other-name", True, False, True),
        ("expired", True, True, False),
    ],
)
def test_one_thing_is_wrong_at_most(
    server: Loopback, kind: Certificate, trusted: bool, named: bool, valid: bool
) -> None:
    certificate = shown(server, kind)
    authority = x509.load_pem_x509_certificate(Path(server.ca_file).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    here = {"localhost", ip_address("127.0.0.1"), ip_address("127.0.0.10")}
    assert is_issued_by(certificate, authority) is trusted
    assert ({name.value for name in names} == here) is named
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    assert (datetime.now(UTC) < certificate.not_valid_after_utc) is valid
    assert isinstance(certificate.public_key(), EllipticCurvePublicKey)
    assert isinstance(authority.public_key(), EllipticCurvePublicKey)


def test_each_is_made_once() -> None:
    made = Certificates()
    kinds: list[Certificate] = ["trusted", "untrusted", "other-name", "expired"]
    contexts = [made.context(kind) for kind in kinds]
    assert [made.context(kind) for kind in kinds] == contexts
    assert len(set(contexts)) == 4


def test_the_file_holds_the_authority_alone_and_goes_with_the_server() -> None:
    with Loopback(ports=1) as server:
        file = Path(server.ca_file)
        assert server.ca_file == str(file)
        assert len(ssl.create_default_context(cafile=file).get_ca_certs()) == 1
        assert b"PRIVATE" not in file.read_bytes()
    assert not file.exists()


def test_the_file_goes_with_the_process_too() -> None:
    program = "from graphcontract.transports.certificates import Certificates as C; c = C(); print(c.ca_file)"
    ended = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True)
    assert not Path(ended.stdout.decode().strip()).exists()


def test_a_file_that_was_removed_meanwhile_is_not_an_error() -> None:
    with Loopback(ports=1) as server:
        Path(server.ca_file).unlink()


def test_a_run_without_tls_makes_no_keys() -> None:
    program = """
import sys
from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.transports.loopback import Loopback
with Loopback(tls=True) as server:
    assert "trustme" not in sys.modules and "cryptography" not in sys.modules
with Loopback() as server:
    server.open_endpoint(ResponseScript((StubResponse(204),))).finish()
    assert "trustme" not in sys.modules and "cryptography" not in sys.modules
    server.ca_file
    assert "trustme" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
