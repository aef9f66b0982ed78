"""TWILIO_STATUS_CALLBACK_URL in every form: the doctor reports whether callbacks arrive."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.api_user import ApiUser, new_number
from tests.support.intercepting_proxy import InterceptedRequest, forward, intercepting_proxy
from tests.support.processes import Process
from tests.support.servers import Api, Simulator, Start, callback_url_of

PASSWORD = "hunter2"
OPEN, LOCKED = "", f"twilio:{PASSWORD}"


async def doctor_line(api: Api, directory: Path) -> str:
    """The doctor's line about callbacks."""
    process = Process("doctor", ["mysms", "doctor"], directory, api.environment)
    await process.wait_for_exit()
    assert PASSWORD not in process.text()
    (line,) = [line for line in process.text().splitlines() if line.split()[1] == "callback"]
    return line


@asynccontextmanager
async def behind_a_proxy(
    start: Start, form: Callable[[str], str], *, required_credentials: str = OPEN, challenge: str = "Basic realm=mysms"
) -> AsyncIterator[Api]:
    """An API whose callback URL has this form and leads through a proxy that may require credentials."""
    apis: list[Api] = []
    expected = f"Basic {base64.b64encode(required_credentials.encode()).decode()}"

    async def answer(post: InterceptedRequest) -> str:
        if required_credentials and post.authorization != expected:
            return f"401 Unauthorized\r\nWWW-Authenticate: {challenge}" if challenge else "401 Unauthorized"
        assert bool(post.authorization) == bool(required_credentials), (
            "credentials must be sent if and only if they are required"
        )
        return await forward(apis[0], post)

    async with intercepting_proxy(answer) as public, start(TWILIO_STATUS_CALLBACK_URL=form(public)) as api:
        apis.append(api)
        yield api


async def callbacks(simulator: Simulator, api: Api) -> tuple[set[int | None], set[str]]:
    """The response statuses of the callbacks of a message, and the sources of its timeline."""
    api_user = await ApiUser.sign_up(api)
    message = await api_user.send_accepted(new_number())
    tries = await simulator.wait_for_callbacks(message["twilio_sid"], "sent", "delivered")
    timeline = (await api_user.detail(message["_id"]))["timeline"]
    return {each.status_code for each in tries}, {event["source"] for event in timeline}


def with_user(url: str) -> str:
    return url.replace("://", f"://{LOCKED}@")


FORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "plain": (callback_url_of, OPEN),
    "user info": (lambda public: with_user(callback_url_of(public)), LOCKED),
    "user info that is not required": (lambda public: with_user(callback_url_of(public)), OPEN),
    "fragment": (lambda public: f"{callback_url_of(public)}#rc=3&ct=900", OPEN),
    "query": (lambda public: f"{callback_url_of(public)}?a=b&c=d%20e&%c3%bc", OPEN),
    "everything": (lambda public: with_user(f"{callback_url_of(public)}?a=b#rp=4xx,5xx"), LOCKED),
    "white space": (lambda public: f" {callback_url_of(public)}\t\n", OPEN),
    "trailing slash": (lambda public: f"{callback_url_of(public)}/", OPEN),
    "trailing slash and query": (lambda public: f"{callback_url_of(public)}/?a=b", OPEN),
    "upper case": (lambda public: callback_url_of(public.replace("http://127.0.0.1", "HTTP://LocalHost")), OPEN),
    "not ASCII": (lambda public: f"{callback_url_of(public)}?käse=süß&x[]='1%'", OPEN),
}


@pytest.mark.parametrize("name", FORMS)
async def test_callbacks_arrive_with_every_form_of_the_url(
    start: Start, simulator: Simulator, tmp_path: Path, name: str
) -> None:
    form, required_credentials = FORMS[name]
    async with behind_a_proxy(start, form, required_credentials=required_credentials) as api:
        answers, sources = await callbacks(simulator, api)
        assert (answers, sources) == ({204}, {"send", "callback"})
        assert await api.metric("mysms_callbacks_total", result="bad_signature") == 0
        assert (await doctor_line(api, tmp_path)).startswith("ok ")


@pytest.mark.parametrize(
    ("form", "challenge", "said"),
    [
        (callback_url_of, "Basic realm=mysms", "A proxy requires a user name and password"),
        (
            lambda public: callback_url_of(public).replace("://", "://twilio:another@"),
            "Basic realm=mysms",
            "rejects the user name and password",
        ),
        (lambda public: with_user(callback_url_of(public)), "", "without a WWW-Authenticate header"),
    ],
)
async def test_the_doctor_reports_a_proxy_that_rejects_callbacks(
    start: Start, simulator: Simulator, tmp_path: Path, form: Callable[[str], str], challenge: str, said: str
) -> None:
    async with behind_a_proxy(start, form, required_credentials=LOCKED, challenge=challenge) as api:
        answers, sources = await callbacks(simulator, api)
        assert (answers, sources) == ({401}, {"send"})
        line = await doctor_line(api, tmp_path)
        assert line.startswith("wrong ")
        assert said in line


@pytest.mark.parametrize("name", ["user info", "fragment", "everything"])
async def test_the_doctor_finds_a_wrong_token_with_every_form_of_the_url(
    start: Start, simulator: Simulator, tmp_path: Path, name: str
) -> None:
    form, required_credentials = FORMS[name]
    async with behind_a_proxy(start, form, required_credentials=required_credentials) as api:
        changed = Api(api.url, api.process, api.http, api.contract, {**api.environment, "TWILIO_AUTH_TOKEN": "another"})
        line = await doctor_line(changed, tmp_path)
        assert line.startswith("wrong ")
        assert "rejects callbacks that Twilio signed" in line
