"""The server process: start, shutdown and durability."""

import asyncio
import contextlib
import random
import resource
import secrets
import signal
import socket
import sqlite3
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConnectionFailure, DuplicateKeyError

from devservers.mongodb.documents import Document
from tests.devservers.mongodb.process import ServerProcess, spawn


def startup_error(data: Path, port: int = 0) -> str:
    process = spawn(data, port)
    output, error = process.communicate(timeout=10)
    assert process.returncode == 1
    assert output == ""
    assert error.count("\n") == 1, error
    return error


def test_the_ready_line_has_the_address_and_the_data_file(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data.sqlite") as server:
        expected = f"mongodb: listening on 127.0.0.1:{server.port}, data in {tmp_path / 'data.sqlite'}\n"
        assert server.ready_line == expected


def test_a_port_in_use_is_a_one_line_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port}" in startup_error(tmp_path / "data.sqlite", port)


def test_a_second_process_cannot_use_the_data_file(tmp_path: Path) -> None:
    data = tmp_path / "data.sqlite"
    with ServerProcess(data) as server:
        assert "in use by another process" in startup_error(data)
        server.kill()
        with server.restart():
            assert "in use by another process" in startup_error(data)


@pytest.mark.parametrize("kind", ["text", "foreign", "directory", "nowhere"])
def test_an_unusable_data_file_is_a_one_line_error(tmp_path: Path, kind: str) -> None:
    data = tmp_path / "data.sqlite"
    if kind == "text":
        data.write_text("these are my tax papers " * 100)
    elif kind == "foreign":
        connection = sqlite3.connect(data)
        connection.execute("CREATE TABLE taxes (year)")
        connection.close()
    elif kind == "directory":
        data.mkdir()
    else:
        data = tmp_path / "no" / "such" / "folder"
    before = data.read_bytes() if data.is_file() else b""
    assert str(data) in startup_error(data)
    assert (data.read_bytes() if data.is_file() else b"") == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_while_clients_are_connected(tmp_path: Path, number: signal.Signals) -> None:
    with ServerProcess(tmp_path / "data.sqlite") as server:
        with MongoClient[Document](server.uri) as client:
            client.test.things.insert_one({"_id": 1})
            assert server.stop(number) == 0
        assert server.stderr == ""
        with server.restart() as again, MongoClient[Document](again.uri) as client:
            assert client.test.things.find_one() == {"_id": 1}


def test_all_data_survives_a_kill(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data.sqlite") as server:
        with MongoClient[Document](server.uri) as client:
            things = client.test.things
            things.create_index([("a", 1), ("b", -1)], unique=True)
            things.create_index("c")
            things.drop_index("c_1")
            things.insert_many({"_id": n, "a": n, "b": {"z": 1, "y": [n]}} for n in (5, 3, 9, 1))
            things.update_one({"_id": 3}, {"$set": {"a": 30}})
            things.replace_one({"_id": 9}, {"a": 90})
            things.delete_one({"_id": 5})
            client.test.create_collection("empty")
            client.test.dropped.insert_one({})
            client.test.dropped.drop()
            client.gone.things.insert_one({})
            client.drop_database("gone")
            expected = list(things.find())
            indexes = things.index_information()
            server.kill()
        with server.restart() as again, MongoClient[Document](again.uri) as client:
            assert str(list(client.test.things.find())) == str(expected)
            assert client.test.things.index_information() == indexes
            assert sorted(client.test.list_collection_names()) == ["empty", "things"]
            assert client.list_database_names() == ["test"]
            with pytest.raises(DuplicateKeyError):
                client.test.things.insert_one({"a": 30, "b": {"z": 1, "y": [3]}})


class Writer:
    """A client that writes continuously and counts the acknowledged writes."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(8)
        self.acknowledged = -1

    async def write(self, things: AsyncCollection[Document]) -> None:
        with contextlib.suppress(ConnectionFailure):
            await things.insert_one({"_id": self.key, "unique": self.key, "n": 0})
            while True:
                self.acknowledged += 1
                await things.update_one({"_id": self.key}, {"$inc": {"n": 1}})


async def test_acknowledged_writes_survive_kills_under_load(tmp_path: Path) -> None:
    """Sixteen clients write continuously; the process is killed several times, each at a random moment."""
    expected: dict[str, int] = {}
    server = ServerProcess(tmp_path / "data.sqlite")
    for _ in range(4):
        writers = [Writer() for _ in range(16)]
        async with AsyncMongoClient[Document](server.uri, serverSelectionTimeoutMS=300) as client:
            await client.test.things.create_index("unique", unique=True)
            writing = [asyncio.create_task(writer.write(client.test.things)) for writer in writers]
            await asyncio.sleep(random.uniform(0.05, 0.4))
            server.kill()
            await asyncio.gather(*writing)
        server = server.restart()
        with MongoClient[Document](server.uri) as client:
            found = {document["_id"]: document["n"] for document in client.test.things.find()}
        assert {key: found.get(key) for key in expected} == expected
        for writer in writers:
            # The write in flight may have been committed without an acknowledgement.
            assert found.get(writer.key, -1) in {writer.acknowledged, writer.acknowledged + 1}
        expected = found
    server.kill()
    assert sum(expected.values()) > 0


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs prlimit to simulate a full disk")
def test_a_failed_commit_ends_the_process_without_a_reply(tmp_path: Path) -> None:
    """A limit on the file size simulates a full disk."""
    with ServerProcess(tmp_path / "data.sqlite") as server:
        with MongoClient[Document](server.uri, serverSelectionTimeoutMS=200, socketTimeoutMS=5000) as client:
            client.test.things.insert_one({"_id": 1})
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
            with pytest.raises(ConnectionFailure):
                client.test.things.insert_one({"_id": 2, "text": "x" * 1_000_000})
        assert server.wait() == 1
        assert server.stderr.startswith("mongodb: the data file cannot be written")
        with server.restart() as again, MongoClient[Document](again.uri) as client:
            assert list(client.test.things.find()) == [{"_id": 1}]
