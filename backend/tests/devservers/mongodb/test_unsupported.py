"""Unsupported and invalid commands are rejected with MongoDB's error codes."""

from typing import Any

import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure

from devservers.mongodb.documents import Document
from tests.devservers.mongodb.process import ServerProcess

UPDATE = {"q": {}, "u": {"$set": {"a": 1}}}


@pytest.fixture
def database(own_client: MongoClient[Document]) -> Database[Document]:
    own_client.unsupported.things.delete_many({})
    own_client.unsupported.things.insert_one({"_id": 1, "a": [1]})
    return own_client.unsupported


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (59, {"nonsense": 1}),
        (59, {"explain": {"find": "things"}}),
        (59, {"mapReduce": "things"}),
        (59, {"renameCollection": "unsupported.things", "to": "unsupported.others"}),
        (40415, {"find": "things", "nonsense": 1}),
        (40415, {"ping": 1, "nonsense": 1}),
        (40415, {"update": "things", "updates": [UPDATE], "nonsense": 1}),
        (40414, {"insert": "things"}),
        (14, {"find": "things", "filter": 1}),
        (14, {"find": "things", "limit": "x"}),
        (2, {"find": "things", "skip": -1}),
        (73, {"find": ""}),
        (73, {"find": "a$b"}),
        (73, {"insert": "system.users", "documents": [{}]}),
        (20, {"insert": "things", "documents": [{}], "txnNumber": Int64(1), "lsid": {"id": 1}}),
        (20, {"find": "things", "startTransaction": True, "autocommit": False, "txnNumber": Int64(1)}),
        (2, {"insert": "things", "documents": [{}], "writeConcern": {"w": 2}}),
        (72, {"find": "things", "readConcern": {"level": "snapshot"}}),
        (72, {"insert": "things", "documents": []}),
        (238, {"find": "things", "collation": {"locale": "de"}}),
        (238, {"find": "things", "hint": "a_1"}),
        (238, {"find": "things", "tailable": True}),
        (238, {"find": "things", "filter": {"a": {"$type": "int"}}}),
        (238, {"find": "things", "filter": {"$where": "true"}}),
        (238, {"find": "things", "filter": {"$text": {"$search": "x"}}}),
        (238, {"find": "things", "filter": {"$expr": True}}),
        (238, {"find": "things", "projection": {"a": {"$slice": 1}}}),
        (238, {"find": "things", "projection": {"b": "$a"}}),
        (31254, {"find": "things", "projection": {"a": 1, "b": 0}}),
        (31253, {"find": "things", "projection": {"a": 0, "b": 1}}),
        (31249, {"find": "things", "projection": {"a": 1, "a.b": 1}}),
        (31250, {"find": "things", "projection": {"a.b": 1, "a": 1}}),
        (2, {"find": "things", "sort": {"a": 2}}),
        (51091, {"find": "things", "filter": {"a": {"$regex": "("}}}),
        (51091, {"find": "things", "filter": {"a": {"$regex": "a", "$options": "q"}}}),
        (43, {"getMore": Int64(1), "collection": "things"}),
        (40573, {"aggregate": "things", "pipeline": [{"$changeStream": {}}], "cursor": {}}),
        (40324, {"aggregate": "things", "pipeline": [{"$lookup": {}}], "cursor": {}}),
        (40323, {"aggregate": "things", "pipeline": [{}], "cursor": {}}),
        (238, {"aggregate": "things", "pipeline": [{"$group": {"_id": "$a"}}], "cursor": {}}),
        (238, {"create": "capped", "capped": True, "size": 1}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a": "text"}, "name": "a"}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a": 2}, "name": "a"}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"$**": 1}, "name": "a"}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a.0": 1}, "name": "a"}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a": 1}, "name": "a", "sparse": True}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a": 1}, "name": "a", "expireAfterSeconds": 0}]}),
        (67, {"createIndexes": "things", "indexes": [{"key": {"a": 1}, "name": "a", "partialFilterExpression": {}}]}),
        (26, {"listIndexes": "nothing"}),
        (26, {"dropIndexes": "nothing", "index": "*"}),
        (9, {"findAndModify": "things", "query": {}}),
        (9, {"findAndModify": "things", "remove": True, "new": True}),
        (238, {"findAndModify": "things", "update": {"$set": {"a": 1}}, "arrayFilters": [{"x": 1}]}),
    ],
)
def test_commands(database: Database[Document], code: int, command: Document) -> None:
    with pytest.raises(OperationFailure) as refused:
        database.command(command)
    assert refused.value.code == code
    assert (refused.value.details or {})["codeName"]
    assert database.things.find_one() == {"_id": 1, "a": [1]}
    assert "nothing" not in database.list_collection_names()


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        (238, {"q": {}, "u": [{"$set": {"a": 1}}]}),
        (238, {**UPDATE, "arrayFilters": [{"x": 1}]}),
        (238, {**UPDATE, "collation": {"locale": "de"}}),
        (238, {**UPDATE, "hint": {"a": 1}}),
        (238, {"q": {}, "u": {"$rename": {"a": "b"}}}),
        (238, {"q": {}, "u": {"$set": {"a.$": 1}}}),
        (238, {"q": {}, "u": {"$set": {"a.$[]": 1}}}),
        (238, {"q": {}, "u": {"$set": {"pri$e": 1}}}),
        (238, {"q": {}, "u": {"$push": {"a": {"$each": [1], "$sort": 1}}}}),
        (2, {"q": {}, "u": {"$push": {"a": {"$each": [1], "$nonsense": 1}}}}),
        (52, {"q": {}, "u": {"$push": {"a": {"$slice": 1}}}}),
        (52, {"q": {}, "u": {"b": 1, "$set": {"a": 1}}}),
        (9, {"q": {}, "u": {"$set": {"b": 1}, "a": 1}}),
        (9, {"q": {}, "u": {"b": 1}, "multi": True}),
        (15891, {"q": {}, "u": {"$set": {"a.99999999": 1}}}),
        (40415, {**UPDATE, "nonsense": 1}),
        (2, {"q": {"$nonsense": 1}, "u": {"$set": {"a": 1}}}),
    ],
)
def test_update_statements(database: Database[Document], code: int, statement: Document) -> None:
    reply = database.command({"update": "things", "updates": [statement]})
    assert [error["code"] for error in reply["writeErrors"]] == [code]
    assert database.things.find_one() == {"_id": 1, "a": [1]}


@pytest.mark.parametrize("document", [{"$a": 1}, {"a.b": 1}, {"_id": [1]}])
def test_invalid_documents_are_rejected(database: Database[Document], document: Document) -> None:
    reply = database.command({"insert": "things", "documents": [document]})
    assert reply["writeErrors"][0]["code"] in {52, 53, 57}


def test_sessions_are_not_offered(database: Database[Document]) -> None:
    with database.client.start_session() as session, pytest.raises(ConfigurationError):
        database.things.insert_one({}, session=session)


def test_change_streams_are_rejected(database: Database[Document]) -> None:
    with pytest.raises(OperationFailure) as refused:
        database.things.watch()
    assert refused.value.code == 40573


def test_credentials_are_rejected(server: ServerProcess) -> None:
    with (
        MongoClient[Document](server.uri, username="me", password="secret", serverSelectionTimeoutMS=2000) as client,
        pytest.raises(OperationFailure) as refused,
    ):
        client.admin.command("ping")
    assert refused.value.code == 59


@pytest.mark.parametrize("command", ["hello", "isMaster", "buildInfo", "serverStatus"])
def test_the_server_identifies_itself(own_client: MongoClient[Document], command: str) -> None:
    reply: dict[str, Any] = own_client.admin.command(command)
    assert reply["mysmsDevelopmentServer"] is True
    assert not reply.keys() & {"setName", "topologyVersion", "logicalSessionTimeoutMinutes", "msg"}


def test_fields_without_effect_are_accepted(database: Database[Document]) -> None:
    read: Document = {"readConcern": {"level": "majority"}, "maxTimeMS": 5000, "comment": "x", "allowDiskUse": True}
    assert database.command({"find": "things", "hint": {}, "tailable": False, **read})["ok"] == 1
    durable: Document = {"w": "majority", "j": True, "wtimeout": 1000}
    assert database.command({"delete": "things", "deletes": [{"q": {}, "limit": 0}], "writeConcern": durable})["n"] == 1
