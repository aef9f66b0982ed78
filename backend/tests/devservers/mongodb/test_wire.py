"""Wire protocol frames, valid and malformed, that drivers do not send by themselves."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devservers.mongodb.documents import Document
from devservers.mongodb.wire import FrameError, parse, take_frame
from tests.devservers.mongodb.process import ServerProcess

OP_QUERY, OP_MSG, OP_COMPRESSED = 2004, 2013, 2012


def frame(payload: bytes, operation: int = OP_MSG, length: int | None = None) -> bytes:
    return struct.pack("<iiii", len(payload) + 16 if length is None else length, 7, 0, operation) + payload


def message(body: Document, flags: int = 0, sections: bytes = b"", tail: bytes = b"") -> bytes:
    return frame(struct.pack("<IB", flags, 0) + bson.encode(body) + sections + tail)


def sequence(name: str, *documents: Document) -> bytes:
    payload = name.encode() + b"\x00" + b"".join(map(bson.encode, documents))
    return b"\x01" + struct.pack("<i", len(payload) + 4) + payload


PING = message({"ping": 1, "$db": "admin"})


@pytest.fixture
def connection(server: ServerProcess) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        yield connection


def answer(connection: socket.socket) -> Document:
    header = connection.recv(16, socket.MSG_WAITALL)
    length, _, responds_to, operation = struct.unpack("<iiii", header)
    assert responds_to == 7
    payload = connection.recv(length - 16, socket.MSG_WAITALL)
    return bson.decode(payload[5:] if operation == OP_MSG else payload[20:])


def test_fragmented_and_pipelined_messages(connection: socket.socket) -> None:
    stream = PING * 3
    for start in range(0, len(stream), 11):
        connection.sendall(stream[start : start + 11])
    assert [answer(connection)["ok"] for _ in range(3)] == [1, 1, 1]


def test_a_checksum_is_tolerated(connection: socket.socket) -> None:
    connection.sendall(message({"ping": 1, "$db": "admin"}, flags=1, tail=b"\x01\x02\x03\x04"))
    assert answer(connection)["ok"] == 1


def test_document_sequences(connection: socket.socket) -> None:
    body = {"insert": "sequences", "$db": "wire"}
    connection.sendall(message(body, sections=sequence("documents", {"a": 1}, {"a": 2})))
    assert answer(connection)["n"] == 2


def test_more_to_come_gets_no_reply(connection: socket.socket) -> None:
    body = {"insert": "unanswered", "$db": "wire", "documents": [{"a": 1}], "writeConcern": {"w": 0}}
    connection.sendall(message(body, flags=2) + message({"count": "unanswered", "$db": "wire"}))
    assert answer(connection)["n"] == 1


@pytest.mark.parametrize("name", ["isMaster", "ismaster", "hello"])
def test_the_legacy_handshake(connection: socket.socket, name: str) -> None:
    body = bson.encode({name: 1, "helloOk": True})
    payload = struct.pack("<i", 0) + b"admin.$cmd\x00" + struct.pack("<ii", 0, -1) + body
    connection.sendall(frame(payload, OP_QUERY))
    reply = answer(connection)
    assert reply["helloOk"]
    assert reply["ismaster"]
    assert reply["maxWireVersion"] >= 9


@pytest.mark.parametrize(
    "bad",
    [
        frame(b"", length=0),
        frame(b"", length=-1),
        frame(b"", length=48_000_001),
        frame(b"x" * 20, OP_COMPRESSED),
        frame(b""),
        frame(b"\x00\x00\x00\x00"),
        frame(b"\x04\x00\x00\x00\x00" + bson.encode({"ping": 1})),
        frame(b"\x00\x00\x00\x00\x02" + bson.encode({"ping": 1})),
        frame(b"\x00\x00\x00\x00\x00" + struct.pack("<i", 1000)),
        frame(b"\x00\x00\x00\x00\x00\x05\x00\x00\x00\x01"),
        frame(b"\x00\x00\x00\x00\x00\x0e\x00\x00\x00\x02a\x00\x02\x00\x00\x00\xff\x00\x00"),
        message({"ping": 1}, sections=b"\x01\xff\xff\xff\x7f"),
        message({"ping": 1}, sections=b"\x01\x06\x00\x00\x00ab"),
        message({"ping": 1})[:16] + b"\x00\x00\x00\x00" + sequence("documents", {"a": 1}),
        frame(struct.pack("<i", 0) + b"db.things\x00" + struct.pack("<ii", 0, 0) + bson.encode({}), OP_QUERY),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_malformed_frames_close_only_their_own_connection(
    server: ServerProcess, connection: socket.socket, bad: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as other:
        connection.sendall(bad)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
        other.sendall(PING)
        assert answer(other)["ok"] == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "x"])
def test_no_website_can_send_a_command_by_http(connection: socket.socket, server: ServerProcess, method: str) -> None:
    """A browser's request is not read as far as its body, whatever the page makes of path, headers and body."""
    insert = message({"insert": "by_http", "documents": [{"_id": method}], "$db": "test"})
    with contextlib.suppress(ConnectionError):
        connection.sendall(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() + insert)
        assert connection.recv(1) == b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as other:
        other.sendall(message({"count": "by_http", "$db": "test"}))
        assert answer(other)["n"] == 0


def test_a_connection_may_close_within_a_message(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(PING[:20])
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(PING)
        assert answer(connection)["ok"] == 1


@given(st.binary(max_size=80), st.sampled_from([OP_MSG, OP_QUERY]))
def test_any_payload_is_parsed_or_rejected(payload: bytes, operation: int) -> None:
    buffer = bytearray(frame(payload, operation))
    try:
        taken = take_frame(buffer)
        assert taken is not None
        parse(taken)
    except FrameError:
        pass
