"""The mail catcher of `make run`: keeps every mail and shows it as text."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from devservers.smtp.mailbox import MAX_MAILS, Mailbox
from tests.support.processes import Process, clean_environment, free_port
from tests.support.servers import is_listening


class Catcher:
    def __init__(self, directory: Path) -> None:
        self.port, self.smtp_port = free_port(), free_port()
        module = ["devservers.smtp", "--port", str(self.port), "--smtp-port", str(self.smtp_port)]
        self.process = Process("mail", module, directory, clean_environment())
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False)

    async def send(self, to: str, subject: str = "Hello", text: str = "A link: http://localhost/#1") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "mysms@example.com", to, subject
        message.set_content(text)
        await aiosmtplib.send(message, hostname="127.0.0.1", port=self.smtp_port)

    async def is_ready(self) -> bool:
        return await is_listening(self.port) and await is_listening(self.smtp_port)


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[Catcher]:
    catcher = Catcher(tmp_path)
    try:
        await catcher.process.wait_until(catcher.is_ready)
        yield catcher
    finally:
        await catcher.http.aclose()
        catcher.process.stop()
    assert "Traceback" not in catcher.process.text()


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
    for name in ("page.css", "refresh.js"):
        assert f"/static/{name}" in page.text
        assert (await catcher.http.get(f"/static/{name}")).is_success


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


async def test_the_number_of_mails_is_bounded() -> None:
    mailbox = Mailbox()
    for number in range(MAX_MAILS + 10):
        mailbox.add(f"Subject: {number}\r\n\r\nHello".encode(), "a@example.com", ["b@example.com"])
    assert [mail.subject for mail in mailbox.mails()[:2]] == [str(MAX_MAILS + 9), str(MAX_MAILS + 8)]
    assert len(mailbox.mails()) == MAX_MAILS


async def test_a_mail_that_is_not_well_formed_is_kept() -> None:
    mailbox = Mailbox()
    for content in (b"", b"\xff\xfe", b"Content-Type: text/html\r\n\r\n<b>", b"Subject: =?x?q?\xff?=\r\n\r\n\xff"):
        mailbox.add(content, "", [])
    assert len(mailbox.mails()) == 4


async def test_a_port_in_use_is_reported_in_one_sentence(catcher: Catcher, tmp_path: Path) -> None:
    module = ["devservers.smtp", "--port", str(free_port()), "--smtp-port", str(catcher.smtp_port)]
    second = Process("second", module, tmp_path, clean_environment())
    assert await second.wait_for_exit() == 1
    (line,) = second.text().splitlines()
    assert line.startswith("The mail catcher cannot listen: ")
