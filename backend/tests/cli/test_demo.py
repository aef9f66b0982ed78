"""`mysms demo`: runs everything with one command, and leaves nothing behind but its data."""

import contextlib
import itertools
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from mysms.cli.commands import main
from mysms.cli.demo import DemoSettings, explain, parts_of
from tests.support import fake_mongod
from tests.support.admin_commands import new_password_in
from tests.support.api_user import PASSWORD, new_email, new_number
from tests.support.polling import eventually
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import has_started, is_listening

PORTS = ("PORT", "MONGODB_PORT", "TWILIO_SIMULATOR_PORT", "MAIL_PORT", "SMTP_PORT")


class Demo:
    """A demo with its own ports and data."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.executables = directory / "executables"
        self.ports = {name: free_port() for name in PORTS}
        self.process: Process | None = None
        self._starts = itertools.count(1)

    def start(self, *arguments: str, **variables: str) -> Process:
        """Start the demo, or a command beside it."""
        ports = {name: str(port) for name, port in self.ports.items()}
        # Nothing else of the PATH is needed, and it may have a mongod.
        variables = {"PATH": str(self.executables), **variables}
        environment = clean_environment(DATA_DIR=str(self.directory / "data"), **ports, **variables)
        # Each run has a log of its own: what an earlier one has explained says nothing about this one.
        name = "-".join(["demo", *arguments[:1], str(next(self._starts))])
        process = Process(name, ["mysms", "demo", *arguments], self.directory, environment)
        if not arguments:
            self.process = process
        return process

    async def run(self, *arguments: str) -> str:
        """Run a command beside the demo. Returns its output."""
        process = self.start(*arguments)
        assert await process.wait_for_exit() == 0, process.text()
        return process.text()

    @contextlib.asynccontextmanager
    async def running(self, **variables: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
        process = self.start(**variables)
        url = f"http://127.0.0.1:{self.ports['PORT']}"
        try:
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
                await process.wait_until(lambda: has_started(http), within=60)
                # The API is up before all is started and explained.
                await eventually(async_text(process), lambda text: "Ctrl-C to stop" in text, what="the explanation")
                yield process, http
        finally:
            if process.exit_code is None:
                process.send_signal(signal.SIGINT)
                await process.wait_for_exit()

    async def stop(self) -> None:
        """As Ctrl-C does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        assert await self.process.wait_for_exit(within=20) == 0

    def children(self) -> list[int]:
        """The processes of this demo, including orphans."""
        mark = str(self.directory).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return found

    def part(self, module: str) -> int:
        """The process of this demo that runs the module."""
        (found,) = [pid for pid in self.children() if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return found

    def assert_private(self) -> None:
        """Nobody else may list the data or read a file of it."""
        data = self.directory / "data"
        found = {path.relative_to(data).as_posix(): path for path in (data, *data.rglob("*"))}
        names = (
            "jwt-secret",
            "logs/api.log",
            "mails.sqlite3",
            "mongodb.sqlite3",
            "mongodb.sqlite3-wal",
            "twilio.sqlite3-wal",
        )
        assert found.keys() >= set(names)
        modes = {name: oct(path.stat().st_mode & 0o777) for name, path in found.items()}
        assert modes == {name: "0o700" if path.is_dir() else "0o600" for name, path in found.items()}

    async def assert_nothing_left(self) -> None:
        for port in self.ports.values():
            assert not await is_listening(port)
        assert self.children() == []


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    for process in demo.children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


async def test_the_demo_stops_cleanly_and_keeps_its_data(demo: Demo) -> None:
    user = {"email": new_email(), "password": PASSWORD}
    number = new_number()
    async with demo.running() as (process, http):
        assert (await http.get("/")).headers["Content-Type"].startswith("text/html"), "the SPA is not served"
        signed_up = await http.post("/users", json={"user": {**user, "password_confirmation": PASSWORD}})
        session = signed_up.json()
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        draft = {"message": {"recipient_number": number, "content": "Hello"}}
        sent = (await http.post("/api/messages", json=draft, headers=headers)).json()

        async def current_status() -> str:
            status: str = (await http.get(f"/api/messages/{sent['_id']}", headers=headers)).json()["status"]
            return status

        await eventually(current_status, lambda status: status == "delivered", what="a delivery")
        assert (await http.get("/ready")).json() == {"status": "ok", "problems": {}}
        phones = f"http://127.0.0.1:{demo.ports['TWILIO_SIMULATOR_PORT']}/"
        assert "Hello" in (await http.get(phones)).text
        asked = await http.post("/users/password_reset", json={"user": {"email": user["email"]}})
        assert asked.status_code == 202
        mails = f"http://127.0.0.1:{demo.ports['MAIL_PORT']}/mails.json"

        async def caught() -> list[str]:
            return [mail["text"] for mail in (await http.get(mails, params={"to": user["email"]})).json()["mails"]]

        (text,) = await eventually(caught, bool, what="a mail")
        assert f"http://localhost:{demo.ports['PORT']}/reset-password#" in text
        await http.get("/api/messages", params={"search": "Hello", "peer_number": number}, headers=headers)
        await http.get(f"/conversations/{number}")
        await http.get(f"{phones}?peer_number={number}")
        logs = [file.read_text() for file in (demo.directory / "data" / "logs").iterdir()]
        assert len(logs) == 4
        assert [log for log in logs if number.removeprefix("+") in log or "Hello" in log or user["email"] in log] == []
        for port in demo.ports.values():
            assert await is_listening(port)
        demo.assert_private()

        await demo.stop()
    assert "Traceback" not in process.text()
    assert "MySMS Messenger is running" in process.text()
    assert "Database: the development server, since there is no mongod on the PATH.\n" in process.text()
    await demo.assert_nothing_left()

    # As an earlier version left them.
    for path in (demo.directory / "data", *(demo.directory / "data").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    async with demo.running() as (process, http):
        demo.assert_private()
        # The access token is still valid, because the secret was kept.
        (message,) = (await http.get("/api/messages", headers=headers)).json()
        assert (message["_id"], message["status"]) == (sent["_id"], "delivered")
        refresh = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
        assert (await http.post("/users/token", data=refresh)).status_code == 200
        assert (await http.post("/users/sign_in", json={"user": user})).status_code == 201
        assert text in await caught()
        user["password"] = new_password_in(await demo.run("reset-password", user["email"]))
        assert (await http.post("/users/sign_in", json={"user": user})).status_code == 201
        assert "wrong" not in await demo.run("doctor")

        # The demo also ends if one of its parts ends, and names the part.
        os.kill(demo.part("devservers.twilio"), signal.SIGKILL)
        assert await process.wait_for_exit(within=20) == 1
    assert "The part twilio stopped" in process.text()
    await demo.assert_nothing_left()


async def test_a_command_beside_no_demo_says_so(demo: Demo) -> None:
    process = demo.start("invite")
    assert await process.wait_for_exit() == 1
    (sentence,) = process.text().splitlines()
    assert sentence.startswith(f"`make run` is not running with its data in {demo.directory / 'data'} and these ports.")
    assert not (demo.directory / "data").exists()


@pytest.mark.parametrize(
    ("mode", "account", "is_needed"),
    [
        (None, None, False),
        ("open", "AC", False),
        (None, "AC", True),
        ("invite", None, True),
        ("closed", None, False),
    ],
)
def test_the_invite_code_is_printed_wherever_one_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str | None, account: str | None, is_needed: bool
) -> None:
    settings = DemoSettings(_env_file=None, setup_code="open sesame", signup_mode=mode, twilio_account_sid=account)
    explain(settings, tmp_path, None, dev=False)
    shown = capsys.readouterr().out
    assert ("needs this invite code:  open sesame\n" in shown) == is_needed
    assert ("make mysms ARGS=invite\n" in shown) == is_needed
    assert ("Sign up with" in shown) == (mode != "closed")


def test_commands_are_printed_with_the_ports_that_were_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*PORTS, "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    settings = DemoSettings(_env_file=None, setup_code="code", signup_mode="invite")
    for variables, prefix in (({}, ""), ({"PORT": "9000", "DATA_DIR": "my data"}, "DATA_DIR='my data' PORT=9000 ")):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        explain(settings, tmp_path, None, dev=False)
        shown = capsys.readouterr().out
        assert f'  A new password for an account:  {prefix}make mysms ARGS="reset-password EMAIL"\n' in shown
        assert f"  Further codes:  {prefix}make mysms ARGS=invite\n" in shown


def test_with_a_real_account_only_mails_stay_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(DemoSettings(_env_file=None, twilio_account_sid="AC", setup_code="code"), tmp_path, None, dev=False)
    shown = capsys.readouterr().out
    assert "No SMS leaves" not in shown
    assert "No mail leaves this machine. " in shown


async def test_the_printed_code_creates_the_first_account(demo: Demo) -> None:
    async with demo.running(SIGNUP_MODE="invite") as (process, http):
        (code,) = re.findall(r"invite code:  (\S+)", process.text())
        user = {"email": new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
        assert (await http.post("/users", json={"user": user})).status_code == 422
        assert (await http.post("/users", json={"user": {**user, "invite_code": code}})).status_code == 201


def test_the_help_of_a_command_needs_no_running_demo(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "reset-password", "--help"])
    assert ended.value.code == 0
    assert "prints it" in capsys.readouterr().out


async def test_with_a_real_account_nobody_signs_up_without_a_code(demo: Demo) -> None:
    """Not even a website that gives its own name the address of this machine."""
    account = {
        "TWILIO_ACCOUNT_SID": f"AC{'1' * 32}",
        "TWILIO_AUTH_TOKEN": "a-real-token",
        "TWILIO_FROM_NUMBER": "+14155550100",
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
    }
    async with demo.running(**account) as (process, http):
        (code,) = re.findall(r"invite code:  (\S+)", process.text())
        user = {"email": new_email(), "password": PASSWORD, "password_confirmation": PASSWORD}
        rebound = {"Host": f"evil.example:{demo.ports['PORT']}", "Origin": "http://evil.example"}
        refused = await http.post("/users", json={"user": user}, headers=rebound)
        assert refused.status_code == 421
        assert (await http.get("/metrics", headers=rebound)).status_code == 421
        refused = await http.post("/users", json={"user": user})
        assert list(refused.json()["errors"]) == ["invite_code"]
        assert (await http.post("/users", json={"user": {**user, "invite_code": code}})).status_code == 201
        another = (await demo.run("invite")).splitlines()[-1]
        user = {**user, "email": new_email(), "invite_code": another}
        assert (await http.post("/users", json={"user": user})).status_code == 201
        assert (demo.directory / "data" / "setup-code").stat().st_mode & 0o777 == 0o600


def async_text(process: Process) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        return process.text()

    return read


async def test_the_demo_takes_a_mongod_on_the_path(demo: Demo) -> None:
    """A stand-in: it takes the arguments of mongod, needs the configuration of a set, and has data of its own."""
    user = {"email": new_email(), "password": PASSWORD}
    data = demo.directory / "data"
    fake_mongod.install(demo.executables)
    async with demo.running() as (process, http):
        signed_up = await http.post("/users", json={"user": {**user, "password_confirmation": PASSWORD}})
        assert signed_up.status_code == 201
        await demo.stop()
    assert f"Database: MongoDB ({demo.executables / 'mongod'}).\n" in process.text()
    assert (data / "logs" / "mongodb.log").read_text().endswith(f"{fake_mongod.STOPPED}\n")
    assert not (data / "mongodb.sqlite3").exists()
    assert (data / "mongodb").stat().st_mode & 0o777 == 0o700
    await demo.assert_nothing_left()

    # Another port: the member does not find itself in its set any more.
    demo.ports["MONGODB_PORT"] = free_port()
    async with demo.running() as (_, http):
        assert (await http.post("/users/sign_in", json={"user": user})).status_code == 201
        await demo.stop()

    (demo.executables / "mongod").unlink()
    async with demo.running() as (process, http):
        assert (await http.post("/users/sign_in", json={"user": user})).status_code == 401
        await demo.stop()
    assert f"on the PATH. It does not show the data in {data / 'mongodb'}, from runs with mongod.\n" in process.text()

    fake_mongod.install(demo.executables)
    async with demo.running() as (process, http):
        assert (await http.post("/users/sign_in", json={"user": user})).status_code == 201
        await demo.stop()
    assert f" It does not show the data in {data / 'mongodb.sqlite3'}, from runs without mongod.\n" in process.text()
    await demo.assert_nothing_left()


async def test_a_folder_that_all_users_share_is_refused(demo: Demo) -> None:
    """Such as /tmp, which nobody else could use any more if it were made private."""
    data = demo.directory / "data"
    data.mkdir()
    data.chmod(0o1777)
    process = demo.start()
    assert await process.wait_for_exit() == 1
    assert process.text() == f"{data} is shared by all users of this machine: set DATA_DIR to a folder of your own.\n"
    assert data.stat().st_mode & 0o7777 == 0o1777
    assert list(data.iterdir()) == []


async def test_a_folder_that_cannot_be_used_is_reported_in_one_sentence(demo: Demo) -> None:
    data = demo.directory / "data"
    data.write_text("a file")
    process = demo.start()
    assert await process.wait_for_exit() == 1
    assert process.text() == f"{data} cannot be used for data (Not a directory): set DATA_DIR to another folder.\n"


def test_the_reloading_server_logs_no_paths(tmp_path: Path) -> None:
    settings = DemoSettings(_env_file=None, data_dir=tmp_path)
    (api,) = [part for part in parts_of(settings, tmp_path, None, dev=True) if part.name == "api"]
    assert "--no-access-log" in api.command


@pytest.mark.parametrize("variable", ["PORT", "MONGODB_PORT", "SMTP_PORT"])
async def test_a_port_in_use_is_reported_in_one_sentence(demo: Demo, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo.ports[variable]))
        taken.listen()
        process = demo.start()
        assert await process.wait_for_exit() == 1
    (line,) = process.text().strip().splitlines()
    assert f"Port {demo.ports[variable]} is taken" in line
    another = {**demo.ports, variable: demo.ports[variable] + 10}
    given = " ".join(f"{name}={port}" for name, port in sorted(another.items()))
    assert line.endswith(f": DATA_DIR={demo.directory / 'data'} {given} make run"), "what was given is still needed"
    await demo.assert_nothing_left()


async def test_only_the_log_of_this_run_is_shown(demo: Demo) -> None:
    logs = demo.directory / "data" / "logs"
    logs.mkdir(parents=True)
    (logs / "api.log").write_text("An error of an earlier run.\n")
    process = demo.start(DRAIN_SECONDS="many")
    assert await process.wait_for_exit(within=60) == 1
    assert "The part api stopped (exit code 1)." in process.text()
    assert "DRAIN_SECONDS" in process.text()
    assert "earlier run" not in process.text()
    assert (logs / "api.log").read_text().startswith("An error of an earlier run.\n")
