"""/up, /ready and /metrics."""

import asyncio
from pathlib import Path

import pytest

from tests.support.answers import problem_of
from tests.support.person import Person
from tests.support.polling import eventually
from tests.support.processes import free_port
from tests.support.servers import Api, api_environment, running_api, running_mongodb


async def test_it_lives_and_can_work(api: Api) -> None:
    for path in ("/up", "/ready"):
        response = await api.http.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok", "problems": {}})


async def test_metrics_are_prometheus_text(api: Api) -> None:
    response = await api.http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    for name in ("mysms_requests_total", "mysms_sends_total", "mysms_callbacks_total", "mysms_second_sids_total"):
        assert f"# TYPE {name.removesuffix('_total')}" in response.text or f"# TYPE {name}" in response.text


async def test_requests_are_counted_by_route_and_never_by_path(api: Api, person: Person) -> None:
    before = await counted(api)
    await person.call("GET", "/api/messages/0123456789abcdef01234567")
    await api.http.get("/a-path-that-nobody-knows")
    after = await counted(api)

    route = 'mysms_requests_total{method="GET",route="/api/messages/{message_id}",status="404"}'
    other = 'mysms_requests_total{method="GET",route="other",status="404"}'
    assert after[route] == before.get(route, 0) + 1
    assert after[other] == before.get(other, 0) + 1
    assert not [name for name in after if "0123456789abcdef" in name or "nobody-knows" in name]


async def counted(api: Api) -> dict[str, float]:
    lines = (await api.http.get("/metrics")).text.splitlines()
    return {name: float(count) for name, _, count in (line.rpartition(" ") for line in lines) if name[:1] != "#"}


@pytest.mark.timeout(90)
async def test_without_its_database_it_lives_but_cannot_work(tmp_path: Path) -> None:
    """And it works again when the database does, without a restart."""
    nobody = f"http://127.0.0.1:{free_port()}"
    async with running_mongodb(tmp_path) as mongodb:
        environment = api_environment(port=free_port(), mongodb_uri=mongodb.uri, twilio_url=nobody)
        async with running_api(tmp_path, environment) as api:
            person = await Person.sign_up(api)
            assert mongodb.process is not None
            mongodb.process.kill()

            response, refused = await asyncio.gather(api.http.get("/ready"), person.call("GET", "/users"))
            assert response.status_code == 503
            assert response.json() == {"status": "unavailable", "problems": {"database": "MongoDB does not answer."}}
            assert (await api.http.get("/up")).status_code == 200
            problem_of(refused, 503, "database_unavailable")
            assert int(refused.headers["Retry-After"]) > 0

            port = int(mongodb.uri.rpartition(":")[2].partition("/")[0])
            async with running_mongodb(tmp_path, port):
                await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 200, within=30)
                assert (await person.call("GET", "/users")).json()["_id"] == person.id
