"""A push service over TLS on a free port of loopback, and the browsers that are subscribed at it.

It checks and decrypts what it receives as a service and a browser do together, by RFC 8188, 8291 and 8292: with no
code of the product or of the library that it uses.
"""

import contextlib
import json
import secrets
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.processes import free_port

_CURVE = ec.SECP256R1()


@dataclass(frozen=True)
class Received:
    """A push that the browser could read, with the headers of its request."""

    payload: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]


@dataclass
class Browser:
    """A browser that is subscribed."""

    path: str
    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(_CURVE))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    received: list[Received] = field(default_factory=list)
    is_gone: bool = False

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": encoded(self.public_key), "auth": encoded(self.secret)}

    def decrypt(self, body: bytes) -> dict[str, Any]:
        salt, length = body[:16], body[20]
        sender, cipher = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, sender))
        info = b"WebPush: info\0" + self.public_key + sender
        ikm = HKDF(hashes.SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(ikm)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(ikm)
        plain = AESGCM(key).decrypt(nonce, cipher, None)
        assert plain.endswith(b"\2"), "one record, the last one"
        payload: dict[str, Any] = json.loads(plain[:-1])
        return payload


class PushService:
    """Keeps what browsers receive. `answer` is the status of its responses, `headers` are theirs.

    `before_answer` is awaited once, while the next request waits for its response.
    """

    def __init__(self, port: int, server_key: str) -> None:
        self._port = port
        self._server_key = server_key
        self._browsers: dict[str, Browser] = {}
        self.answer = 201
        self.headers: dict[str, str] = {}
        self.requests = 0
        self.before_answer: Callable[[], Awaitable[None]] | None = None

    def subscribe(self, host: str = "localhost") -> Browser:
        path = f"/push/{secrets.token_urlsafe(8)}"
        browser = Browser(path, f"https://{host}:{self._port}{path}")
        self._browsers[path] = browser
        return browser

    async def receive(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.before_answer is not None:
            before_answer, self.before_answer = self.before_answer, None
            await before_answer()
        if self.answer != 201:
            return web.Response(status=self.answer, headers=self.headers)
        browser = self._browsers[request.path]
        if browser.is_gone:
            return web.Response(status=410)
        assert request.headers["Content-Encoding"] == "aes128gcm"
        claims = verify(request.headers["Authorization"], self._server_key)
        payload = browser.decrypt(await request.read())
        browser.received.append(Received(payload, dict(request.headers), claims))
        return web.Response(status=201)


@contextlib.asynccontextmanager
async def running_push_service(tls: ssl.SSLContext, server_key: str) -> AsyncIterator[PushService]:
    """Run a service whose browsers have subscribed with this application server key."""
    port = free_port()
    service = PushService(port, server_key)
    app = web.Application()
    app.router.add_post("/{path:.*}", service.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    try:
        yield service
    finally:
        await runner.cleanup()


def verify(authorization: str, server_key: str) -> dict[str, Any]:
    """The claims of a VAPID header. Fails unless they are signed with this key."""
    scheme, _, parameters = authorization.partition(" ")
    given = dict(part.strip().split("=", 1) for part in parameters.split(","))
    assert (scheme, given["k"]) == ("vapid", server_key)
    signed, _, signature = given["t"].rpartition(".")
    raw = decoded(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decoded(server_key))
    halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(encode_dss_signature(*halves), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(decoded(signed.partition(".")[2]))
    return claims


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
