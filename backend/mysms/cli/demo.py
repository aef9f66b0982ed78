"""`mysms demo`: runs the whole product on this machine until Ctrl-C, each part as a process.

Uses what the environment configures (MONGODB_URI, TWILIO_*), and starts development servers for the rest, and a mongod
where one is on the PATH.
"""

import contextlib
import os
import secrets
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Self

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from mysms.cli.local_database import LocalDatabase, local_database
from mysms.core.settings_sources import TrimmedSettings, read_settings

_BACKEND = Path(__file__).resolve().parents[2]
_FRONTEND = _BACKEND.parent / "frontend"
_BUILT_SPA = _FRONTEND / "dist" / "frontend" / "browser"

_READY_WITHIN_SECONDS = 180.0
"""The first build of the SPA's development server takes a minute on a slow machine."""
_STOP_WITHIN_SECONDS = 10.0
_DEV_SERVER_PORT = 4200

_SIMULATED_ACCOUNT = {
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "simulated-auth-token",
    "TWILIO_FROM_NUMBER": "+15005550006",
}


class DemoError(Exception):
    """The demo cannot run; the message says why."""


class DemoSettings(TrimmedSettings):
    """The settings of the demo itself; the API reads its own."""

    model_config = SettingsConfigDict(env_file=_BACKEND / ".env", env_file_encoding="utf-8-sig", extra="ignore")

    port: int = Field(8000, ge=1, le=65535)
    mongodb_port: int = Field(27117, ge=1, le=65535)
    twilio_simulator_port: int = Field(8027, ge=1, le=65535)
    mail_port: int = Field(8025, ge=1, le=65535)
    smtp_port: int = Field(1025, ge=1, le=65535)
    data_dir: Path = _BACKEND / ".data"
    mongodb_uri: str | None = None
    twilio_account_sid: str | None = None
    twilio_api_base_url: str | None = None
    jwt_secret: str | None = None
    signup_mode: str | None = None
    setup_code: str | None = None
    docs_enabled: bool = True
    smtp_url: str | None = None
    mail_from: str | None = None
    app_url: str | None = None
    allowed_hosts: str | None = None

    @property
    def effective_signup_mode(self) -> str:
        """By default, sign-up is not open where messages cost money."""
        return self.signup_mode or ("open" if self.twilio_account_sid is None else "invite")


@dataclass(frozen=True)
class _Part:
    """A process to run."""

    name: str
    command: list[str]
    ports: Mapping[str, int]
    """By the settings that choose them. The name is empty if the port is fixed."""
    is_ready: Callable[[], bool]
    directory: Path = _BACKEND


@dataclass(frozen=True)
class _Log:
    """The log of a part, to which each run appends. `start` is where this run begins."""

    file: Path
    start: int

    @classmethod
    def of(cls, file: Path) -> Self:
        return cls(file, file.stat().st_size if file.exists() else 0)

    @property
    def end(self) -> str:
        lines = self.file.read_bytes()[self.start :].decode(errors="replace").splitlines()[-8:]
        return f"The end of its log, {self.file}:\n" + "\n".join(f"  {line}" for line in lines)


def run_demo(*, dev: bool) -> int:
    """Runs until a signal stops it, or one of its parts exits. Raises DemoError and SettingsError."""
    settings = read_settings(DemoSettings)
    data = settings.data_dir.absolute()
    logs = data / "logs"
    # The parts inherit it.
    os.umask(0o077)
    _make_private(data)
    database = _database_of(settings, data)
    environment = _environment(settings, data, database, dev=dev)
    parts = parts_of(settings, data, database, dev=dev)
    for part in parts:
        _require_free_ports(part, dev=dev)

    with _signals() as stop, contextlib.ExitStack() as running:
        processes: dict[str, tuple[subprocess.Popen[bytes], _Log]] = {}
        for part in parts:
            log = _Log.of(logs / f"{part.name}.log")
            process = running.enter_context(_running(part, environment, log))
            processes[part.name] = process, log
            _await_ready(part, process, log, stop)
            if stop.is_set():
                return 0
        explain(settings, data, database, dev=dev)
        while not stop.wait(0.5):
            for name, (process, log) in processes.items():
                if process.poll() is not None:
                    raise DemoError(_why_it_ended(name, process, log))
    print("\nStopped. Your data is in", data)
    return 0


def enter_demo() -> None:
    """Gives this process the settings of the running demo. Raises DemoError and SettingsError."""
    settings = read_settings(DemoSettings)
    data = settings.data_dir.absolute()
    if not data.is_dir() or (settings.mongodb_uri is None and not _listens(settings.mongodb_port)):
        raise DemoError(
            f"`make run` is not running with its data in {data} and these ports. Start it first, and repeat what you "
            "have set for it, such as DATA_DIR or MONGODB_PORT."
        )
    os.environ.update(_environment(settings, data, _database_of(settings, data), dev=False))
    # The parts of the demo read the .env of this folder, too.
    os.chdir(_BACKEND)


def _database_of(settings: DemoSettings, data: Path) -> LocalDatabase | None:
    """Returns the database that the demo runs; None if MONGODB_URI names another one."""
    return None if settings.mongodb_uri is not None else local_database(data, settings.mongodb_port, _listens)


def _make_private(data: Path) -> None:
    """Makes the folder of the data, or takes other users' access to it away. Raises DemoError."""
    try:
        if data.is_dir() and data.stat().st_mode & stat.S_ISVTX:
            raise DemoError(f"{data} is shared by all users of this machine: set DATA_DIR to a folder of your own.")
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        for folder in (data, logs):
            folder.chmod(0o700)
        for file in (*data.glob("*.sqlite3*"), *data.glob("jwt-secret"), *data.glob("setup-code"), *logs.glob("*.log")):
            file.chmod(0o600)
    except OSError as error:
        raise DemoError(
            f"{data} cannot be used for data ({error.strerror}): set DATA_DIR to another folder."
        ) from error


def _environment(settings: DemoSettings, data: Path, database: LocalDatabase | None, *, dev: bool) -> Mapping[str, str]:
    """Returns the environment of the parts: the configured settings, and those of the development servers."""
    origin = f"http://127.0.0.1:{settings.port}"
    environment = {**os.environ, "PORT": str(settings.port)}
    if database is not None:
        environment["MONGODB_URI"] = database.uri
    if settings.twilio_account_sid is None:
        environment |= _SIMULATED_ACCOUNT
        environment["TWILIO_API_BASE_URL"] = f"http://127.0.0.1:{settings.twilio_simulator_port}"
        environment["TWILIO_STATUS_CALLBACK_URL"] = f"{origin}/api/twilio/status_callback"
    if settings.smtp_url is None:
        environment["SMTP_URL"] = f"smtp://127.0.0.1:{settings.smtp_port}"
        environment["MAIL_FROM"] = settings.mail_from or "mysms@example.com"
        environment["APP_URL"] = settings.app_url or _app_url(settings, dev=dev)
    if settings.jwt_secret is None:
        environment["JWT_SECRET"] = _kept_secret(data / "jwt-secret")
    if settings.allowed_hosts is None:
        # A website can give its own name the address of this machine, sign up in the browser, and use that account once
        # there is a real Twilio account.
        environment["ALLOWED_HOSTS"] = "localhost"
    environment["SIGNUP_MODE"] = settings.effective_signup_mode
    if settings.effective_signup_mode == "invite":
        environment["SETUP_CODE"] = _setup_code(settings, data)
    if _BUILT_SPA.is_dir() and not dev:
        environment.setdefault("FRONTEND_DIST", str(_BUILT_SPA))
    return environment


def _setup_code(settings: DemoSettings, data: Path) -> str:
    return settings.setup_code or _kept_secret(data / "setup-code")


def _kept_secret(file: Path) -> str:
    """Returns this machine's own secret, which is the same at every start so that users stay signed in."""
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_hex(32))
    return file.read_text()


def parts_of(settings: DemoSettings, data: Path, database: LocalDatabase | None, *, dev: bool) -> list[_Part]:
    """Returns the parts in the order in which they start. `database` is None if MONGODB_URI is configured."""
    python = sys.executable
    parts = []
    if database is not None:
        parts.append(_Part("mongodb", database.command, {"MONGODB_PORT": settings.mongodb_port}, database.is_ready))
    if settings.twilio_account_sid is None:
        simulator_port = settings.twilio_simulator_port
        command = [python, "-m", "devservers.twilio", "--port", str(simulator_port)]
        command += ["--data", str(data / "twilio.sqlite3")]
        command += ["--account-sid", _SIMULATED_ACCOUNT["TWILIO_ACCOUNT_SID"]]
        command += ["--auth-token", _SIMULATED_ACCOUNT["TWILIO_AUTH_TOKEN"]]
        command += ["--from-number", _SIMULATED_ACCOUNT["TWILIO_FROM_NUMBER"]]
        # The phones can answer.
        command += ["--sms-url", f"http://127.0.0.1:{settings.port}/api/twilio/inbound#rc=5&rp=all"]
        parts.append(
            _Part("twilio", command, {"TWILIO_SIMULATOR_PORT": simulator_port}, lambda: _listens(simulator_port))
        )
    if settings.smtp_url is None:
        ports = {"MAIL_PORT": settings.mail_port, "SMTP_PORT": settings.smtp_port}
        command = [python, "-m", "devservers.smtp", "--port", str(settings.mail_port)]
        command += ["--smtp-port", str(settings.smtp_port), "--data", str(data / "mails.sqlite3")]
        command += ["--app-url", settings.app_url or _app_url(settings, dev=dev)]
        parts.append(_Part("mail", command, ports, lambda: all(map(_listens, ports.values()))))
    serve = [python, "-m", "mysms", "serve"]
    if dev:
        factory = "mysms.main:create_app_from_environment"
        serve = [python, "-m", "uvicorn", "--factory", factory, "--reload", "--port", str(settings.port)]
        # uvicorn's access log has paths and queries, and so the numbers and words in them.
        serve.append("--no-access-log")
    parts.append(_Part("api", serve, {"PORT": settings.port}, lambda: _is_up(settings.port)))
    if dev:
        parts.append(
            _Part("spa", ["npm", "start"], {"": _DEV_SERVER_PORT}, lambda: _listens(_DEV_SERVER_PORT), _FRONTEND)
        )
    return parts


def _require_free_ports(part: _Part, *, dev: bool) -> None:
    for variable, port in part.ports.items():
        if _listens(port):
            taken = f"Port {port} is taken by another program, or by a MySMS that is still running."
            if not variable:
                raise DemoError(f"{taken} Stop it.")
            command = _make("dev" if dev else "run", **{variable: str(port + 10)})
            raise DemoError(f"{taken} Stop it, or choose another port: {command}")


def _make(target: str, **changes: str) -> str:
    """Returns a command with the ports and the folder that were set for this one, but for these changes."""
    names = [name.upper() for name in DemoSettings.model_fields if name == "data_dir" or name.endswith("port")]
    given = {name: os.environ[name] for name in sorted(names) if name in os.environ}
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in {**given, **changes}.items()), "make", target])


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """Returns an event that SIGINT, SIGTERM and SIGHUP set."""
    stop = threading.Event()

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, set_stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _running(part: _Part, environment: Mapping[str, str], log: _Log) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a part in its own process group, so that Ctrl-C reaches this process only, which stops the parts."""
    with log.file.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # our own commands
            part.command,
            cwd=part.directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stops a process and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_ready(part: _Part, process: subprocess.Popen[bytes], log: _Log, stop: threading.Event) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not part.is_ready():
        if process.poll() is not None:
            raise DemoError(_why_it_ended(part.name, process, log))
        if time.monotonic() > deadline:
            raise DemoError(f"The part {part.name} was not ready in time. {log.end}")
        if stop.wait(0.1):
            return


def _why_it_ended(name: str, process: subprocess.Popen[bytes], log: _Log) -> str:
    return f"The part {name} stopped (exit code {process.returncode}). {log.end}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_up(port: int) -> bool:
    try:
        # No proxy, since the API is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/up", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _app_url(settings: DemoSettings, *, dev: bool) -> str:
    return f"http://localhost:{_DEV_SERVER_PORT if dev else settings.port}"


def explain(settings: DemoSettings, data: Path, database: LocalDatabase | None, *, dev: bool) -> None:
    """Prints what runs where, and how to begin."""
    print(f"\n  MySMS Messenger is running:  {_app_url(settings, dev=dev)}\n")
    print(_how_to_begin(settings, data))
    is_simulated = settings.twilio_account_sid is None
    if is_simulated:
        print(f"  No SMS leaves this machine. Simulated phones:  http://localhost:{settings.twilio_simulator_port}")
        print("  A message to +15005550001 is rejected; a message to +15005553003 is not delivered.")
    else:
        print("  Messages are sent through your Twilio account, at Twilio's prices.")
    if settings.smtp_url is None:
        either = " either" if is_simulated else ""
        print(f"  No mail leaves this machine{either}. Caught mails:  http://localhost:{settings.mail_port}")
    if settings.docs_enabled:
        print(f"  API documentation:  http://localhost:{settings.port}/docs")
    print("  A new password for an account: ", _make('mysms ARGS="reset-password EMAIL"'))
    print(f"  Database: {'that of MONGODB_URI' if database is None else database.description}")
    print(f"  Data and logs: {data}")
    print("  Press Ctrl-C to stop.\n", flush=True)


def _how_to_begin(settings: DemoSettings, data: Path) -> str:
    send = "text a number such as +1 415 555 2671."
    if settings.effective_signup_mode == "closed":
        return f"  Sign-up is closed (SIGNUP_MODE). Sign in, and {send}"
    if settings.effective_signup_mode == "invite":
        return (
            "  Sign up with an invite code, any email and an uncommon password of at least 8 characters, and\n"
            f"  {send}\n"
            f"  The first account needs this invite code:  {_setup_code(settings, data)}\n"
            f"  Further codes:  {_make('mysms ARGS=invite')}"
        )
    return f"  Sign up with any email and an uncommon password of at least 8 characters, and {send}"
