"""The mail catcher of `make run`: keeps every mail and shows it as text."""

import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from devservers.smtp.mailbox import MAX_MAILS, Mailbox
from devservers.smtp.page import MAX_MAILS as MAX_SHOWN
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import is_listening

APP_URL = "https://sms.example.com/app"


class Catcher:
    def __init__(self, directory: Path) -> None:
        self.port, self.smtp_port = free_port(), free_port()
        module = ["devservers.smtp", "--port", str(self.port), "--smtp-port", str(self.smtp_port)]
        module += ["--data", str(directory / "mails.sqlite3"), "--app-url", APP_URL]
        self.process = Process("mail", module, directory, clean_environment())
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False)

    async def send(self, to: str, subject: str = "Hello", text: str = "A link: http://localhost/#1") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "mysms@example.com", to, subject
        message.set_content(text)
        await aiosmtplib.send(message, hostname="127.0.0.1", port=self.smtp_port)

    async def is_ready(self) -> bool:
        return await is_listening(self.port) and await is_listening(self.smtp_port)


@contextlib.asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Catcher]:
    catcher = Catcher(directory)
    try:
        await catcher.process.wait_until(catcher.is_ready)
        yield catcher
    finally:
        await catcher.http.aclose()
        if catcher.process.exit_code is None:
            catcher.process.stop()
    assert "Traceback" not in catcher.process.text()


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[Catcher]:
    async with running(tmp_path) as catcher:
        yield catcher


async def test_mails_are_listed_newest_first_and_by_recipient(catcher: Catcher) -> None:
    for to in ("ada@example.com", "bob@example.com", "Ada@example.com"):
        await catcher.send(to, subject=f"For {to}", text="Grüße –\nbye")
    everything = (await catcher.http.get("/mails.json")).json()["mails"]
    assert [mail["subject"] for mail in everything] == [
        "For Ada@example.com",
        "For bob@example.com",
        "For ada@example.com",
    ]
    answer = await catcher.http.get("/mails.json", params={"to": "ADA@example.com"})
    to_ada = answer.json()["mails"]
    assert [mail["recipients"] for mail in to_ada] == [["Ada@example.com"], ["ada@example.com"]]
    assert to_ada[0]["text"] == "Grüße –\nbye\n"
    assert to_ada[0]["sender"] == "mysms@example.com"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_page_shows_mails_as_text(catcher: Catcher) -> None:
    assert "No mails yet" in (await catcher.http.get("/")).text
    attack = "<img src=x onerror=alert(1)> & </pre><script>alert(1)</script>"
    await catcher.send("ada@example.com", subject=attack, text=attack)
    page = await catcher.http.get("/")
    assert "&lt;img src=x onerror=alert(1)&gt; &amp;" in page.text
    assert "<img" not in page.text
    assert "<script>" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<title>Caught mails · MySMS Messenger</title>" in page.text
    assert not re.search(r"<style|style=|\son\w+=\"|https?://", page.text.partition("<main>")[0])
    for name in ("page.css", "refresh.js", "icon.svg", "own/mails.css"):
        assert f"/static/{name}" in page.text
        assert (await catcher.http.get(f"/static/{name}")).is_success


async def test_the_page_shows_many_mails_in_parts(catcher: Catcher) -> None:
    subjects = [f"Mail {number}." for number in range(MAX_SHOWN + 3)]
    for subject in subjects:
        await catcher.send("ada@example.com", subject=subject)
    newest = (await catcher.http.get("/")).text
    assert re.findall(r"<h2>(.*?)</h2>", newest) == subjects[:2:-1]
    (address,) = re.findall(r'href="([^"]+)">Older mails', newest)
    older = (await catcher.http.get(address)).text
    assert re.findall(r"<h2>(.*?)</h2>", older) == subjects[2::-1]
    assert "Older mails" not in older
    assert '<a href="/">Newest mails</a>' in older
    assert "No older mails" in (await catcher.http.get("/", params={"before": "0"})).text
    for nonsense in ("<script>", "-1", "1" * 40, "\x00"):
        page = await catcher.http.get("/", params={"before": nonsense})
        assert page.status_code == 200
        assert "<script>" not in page.text


@pytest.mark.parametrize("path", ["/", "/mails.json", "/static/page.css"])
async def test_a_website_whose_name_leads_to_this_machine_gets_nothing(catcher: Catcher, path: str) -> None:
    await catcher.send("ada@example.com", text="secret")
    for host in (
        "evil.example",
        f"evil.example:{catcher.port}",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
    ):
        answer = await catcher.http.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert "secret" not in answer.text
    for host in ("localhost", f"localhost:{catcher.port}", f"127.0.0.1:{catcher.port}"):
        assert (await catcher.http.get(path, headers={"Host": host})).status_code == 200


async def links_in(catcher: Catcher, text: str) -> list[str]:
    """The links of the page after a mail with this text."""
    await catcher.send("ada@example.com", text=text)
    article = (await catcher.http.get("/")).text.partition("</article>")[0]
    links = re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer">([^<]*)</a>', article)
    assert article.count("<a ") == len(links)
    assert all(address == shown for address, shown in links)
    return [address for address, _ in links]


async def test_links_to_this_machine_and_to_the_app_can_be_pressed(catcher: Catcher) -> None:
    for url in (
        "http://localhost:8000/reset-password#token_-1",
        "http://127.0.0.1:8000/a?b=c",
        "http://[::1]:8000/",
        "https://sms.example.com/app/reset-password#token",
    ):
        for text in (url, f"Open ({url}).", f"<{url}>"):
            assert await links_in(catcher, text) == [url]
    assert await links_in(catcher, "http://localhost/?a=1&b=2") == ["http://localhost/?a=1&amp;b=2"]
    assert await links_in(catcher, "http://localhost/a and http://localhost/b") == [
        "http://localhost/a",
        "http://localhost/b",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost:8000@evil.example/",
        "http://evil.example\\@localhost/",
        "http://localhost\\@evil.example/",
        "http://sms.example.com/app",
        "https://sms.example.com:8443/app",
        "https://sms.example.com.evil.example/",
        "http://localhost:port/",
        "http://[::1",
        "http://127.999.0.1/",
        "http://127.0.0.1.evil.example/",
        "javascript:alert(1)//http:",
        "data:text/html,x",
    ],
)
async def test_other_links_stay_text(catcher: Catcher, text: str) -> None:
    assert await links_in(catcher, text) == []


async def test_a_link_cannot_leave_its_attribute(catcher: Catcher) -> None:
    text = """http://localhost/"onclick="alert(1)"x='<script>alert(1)</script>"""
    (link,) = await links_in(catcher, text)
    assert not {'"', "'", "<", ">"} & set(link)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_mails_survive_a_restart(tmp_path: Path, number: signal.Signals) -> None:
    async with running(tmp_path) as catcher:
        await catcher.send("ada@example.com", subject="Kept", text="Grüße")
        before = (await catcher.http.get("/mails.json")).json()
        os.kill(catcher.process.pid, number)
        await catcher.process.wait_for_exit()
    async with running(tmp_path) as catcher:
        assert (await catcher.http.get("/mails.json")).json() == before
        assert "Grüße" in (await catcher.http.get("/")).text


def modes_in(directory: Path) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777) for file in directory.glob("mails.sqlite3*")}


async def test_no_other_user_can_read_the_mails(catcher: Catcher, tmp_path: Path) -> None:
    await catcher.send("ada@example.com")
    modes = modes_in(tmp_path)
    assert "mails.sqlite3" in modes
    assert set(modes.values()) == {"0o600"}


async def test_the_oldest_mails_are_deleted(tmp_path: Path) -> None:
    for first in (0, MAX_MAILS):
        with contextlib.closing(Mailbox(tmp_path / "mails.sqlite3")) as mailbox:
            for number in range(first, first + MAX_MAILS - 10):
                mailbox.add(f"Subject: {number}\r\n\r\nHello".encode(), "a@example.com", ["b@example.com"])
            subjects = [mail.subject for mail in mailbox.mails()]
    newest = 2 * MAX_MAILS - 11
    assert subjects[:2] == [str(newest), str(newest - 1)]
    assert len(subjects) == MAX_MAILS


async def test_a_mail_that_is_not_well_formed_is_kept(tmp_path: Path) -> None:
    with contextlib.closing(Mailbox(tmp_path / "mails.sqlite3")) as mailbox:
        for content in (b"", b"\xff\xfe", b"Content-Type: text/html\r\n\r\n<b>", b"Subject: =?x?q?\xff?=\r\n\r\n\xff"):
            mailbox.add(content, "", [])
        assert len(mailbox.mails()) == 4


@pytest.mark.parametrize("charset", ["unknown", "idna", "undefined", "unicode_escape", "hex", "utf-7", "a\x00b"])
async def test_a_mail_that_cannot_be_decoded_is_shown_as_far_as_possible(tmp_path: Path, charset: str) -> None:
    with contextlib.closing(Mailbox(tmp_path / "mails.sqlite3")) as mailbox:
        mailbox.add(
            f"Content-Type: text/plain; charset={charset}\r\n\r\nHello ".encode() + b"\xff\\ud800 +2AA-", "", []
        )
        (mail,) = mailbox.mails()
        assert "Hello" in mail.text
        mail.text.encode()


async def test_a_mail_without_sense_is_shown_as_far_as_possible(tmp_path: Path) -> None:
    with contextlib.closing(Mailbox(tmp_path / "mails.sqlite3")) as mailbox:
        mailbox.add(b"Content-Type: multipart/mixed\r\n\r\nHello", "", [])
        assert len(mailbox.mails()) == 1


async def test_a_file_that_cannot_be_used_is_reported_in_one_sentence(catcher: Catcher, tmp_path: Path) -> None:
    """Such as that of a mail catcher that is running, or of something else."""
    other = tmp_path / "other"
    other.write_text("This is no database, but a text of more than sixteen bytes.")
    for file in (tmp_path / "mails.sqlite3", other):
        module = ["devservers.smtp", "--port", str(free_port()), "--smtp-port", str(free_port()), "--data", str(file)]
        second = Process(f"second-{file.stem}", module, tmp_path, clean_environment())
        assert await second.wait_for_exit() == 1
        (line,) = second.text().splitlines()
        assert line.startswith(f"The data file {file} cannot be used: ")


async def test_a_port_in_use_is_reported_in_one_sentence(catcher: Catcher, tmp_path: Path) -> None:
    module = ["devservers.smtp", "--port", str(free_port()), "--smtp-port", str(catcher.smtp_port)]
    module += ["--data", str(tmp_path / "another.sqlite3")]
    second = Process("second", module, tmp_path, clean_environment())
    assert await second.wait_for_exit() == 1
    (line,) = second.text().splitlines()
    assert line.startswith("The mail catcher cannot listen: ")
