"""Many concurrent connections, against any MongoDB-compatible server."""

import asyncio

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from devservers.mongodb.documents import Document

WORKERS = 16


async def test_concurrent_inc_loses_nothing(async_database: AsyncDatabase[Document]) -> None:
    counters = async_database.counters
    await counters.insert_one({"_id": 1, "n": 0})

    async def work() -> None:
        for _ in range(25):
            await counters.update_one({"_id": 1}, {"$inc": {"n": 1}})

    await asyncio.gather(*(work() for _ in range(WORKERS)))
    assert await counters.find_one() == {"_id": 1, "n": WORKERS * 25}


async def test_no_job_is_claimed_twice(async_database: AsyncDatabase[Document]) -> None:
    jobs = async_database.jobs
    await jobs.create_index([("state", 1), ("due", 1)])
    await jobs.insert_many([{"_id": n, "state": "new", "due": n % 7} for n in range(400)])

    async def work(worker: int) -> list[int]:
        claimed = []
        while job := await jobs.find_one_and_update(
            {"state": "new", "due": {"$lte": 10}},
            {"$set": {"state": "claimed", "worker": worker}, "$inc": {"attempt": 1}},
            sort=[("due", 1)],
            return_document=ReturnDocument.AFTER,
        ):
            assert (job["worker"], job["attempt"]) == (worker, 1)
            claimed.append(job["_id"])
        return claimed

    claims = await asyncio.gather(*(work(worker) for worker in range(WORKERS)))
    assert sorted(identifier for claim in claims for identifier in claim) == list(range(400))


async def test_one_of_many_concurrent_inserts_gets_a_unique_key(async_database: AsyncDatabase[Document]) -> None:
    await async_database.users.create_index("email", unique=True)

    async def sign_up() -> bool:
        try:
            await async_database.users.insert_one({"email": "a@example.com"})
        except DuplicateKeyError:
            return False
        return True

    assert sum(await asyncio.gather(*(sign_up() for _ in range(WORKERS)))) == 1
