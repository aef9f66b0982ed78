"""Connections to the provider: certificates are verified, old TLS is refused, and redirects are not followed."""

import asyncio
import datetime
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mysms.providers.base import Indeterminate, OutboundMessage, Outcome, RetryableFailure
from mysms.providers.twilio import TwilioProvider
from tests.support.api_user import new_number
from tests.support.servers import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER

BODY = b'{"sid": "SM1", "status": "queued"}'
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)
A_DAY = datetime.timedelta(days=1)


class Listener:
    """What reached a server above TLS."""

    def __init__(self) -> None:
        self.url = ""
        self.received = b""


@asynccontextmanager
async def answering(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """A server that gives this answer to every request."""
    listener = Listener()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener.received += await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        listener.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        yield listener


def server_tls(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that it has signed itself, which is `certificate.pem` in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.twilio.com")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - A_DAY)
        .not_valid_after(now + A_DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


async def send(url: str) -> Outcome:
    provider = TwilioProvider(ACCOUNT_SID, AUTH_TOKEN, url, 5.0)
    return await asyncio.to_thread(provider.send, OutboundMessage(FROM_NUMBER, new_number(), "Hello", None))


async def is_answered(listener: Listener, folder: Path, *, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> bool:
    """Whether a client that trusts the certificate gets the answer: else the failure of others would prove nothing."""
    trusting = ssl.create_default_context(cafile=folder / "certificate.pem")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        trusting.minimum_version = oldest
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    async with httpx.AsyncClient(verify=trusting, trust_env=False) as http:
        answered = (await http.get(listener.url)).status_code == 201
    listener.received = b""
    return answered


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with answering(CREATED, server_tls(tmp_path)) as listener:
        assert await is_answered(listener, tmp_path)
        assert isinstance(await send(listener.url), RetryableFailure)
        assert listener.received == b""


async def test_old_versions_of_tls_are_refused(tmp_path: Path) -> None:
    tls = server_tls(tmp_path)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    async with answering(CREATED, tls) as listener:
        assert await is_answered(listener, tmp_path, oldest=ssl.TLSVersion.TLSv1_1)
        assert await send(listener.url) == Indeterminate("The connection to Twilio broke (SSLError).")
        assert listener.received == b""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    """The text and the credentials go to the configured server only."""
    async with answering(CREATED) as elsewhere:
        redirect = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
        async with answering(redirect.encode()) as listener:
            assert isinstance(await send(listener.url), Indeterminate)
            assert b"POST " in listener.received
        assert elsewhere.received == b""
