"""No secret, token, text, phone number or email gets into a log line, also when things go wrong."""

from collections.abc import Iterable

from tests.support.person import PASSWORD, Person, new_number, sign_in
from tests.support.servers import AUTH_TOKEN, JWT_SECRET, Simulator, Start


def found_in(log: str, private: Iterable[str]) -> list[str]:
    return [text for text in private if text in log]


async def test_logs_tell_nothing_about_people(start: Start, simulator: Simulator) -> None:
    text = "A secret recipe for lentil soup"
    number, refused, troubled = new_number(), "+15005550001", new_number()
    await simulator.control.set_fault("error_500", to=troubled, commit=False)
    async with start(RECONCILE_AFTER_SECONDS="60") as api:
        person = await Person.sign_up(api)
        for recipient in (number, refused, troubled):
            await person.send(recipient, text, key="a private key")
            await person.send(recipient, text)
        await sign_in(api, person.email, "wrong password")
        await api.http.post(f"/api/twilio/status_callback?message_id={person.id}", data={"To": number, "Body": text})
        await api.http.post("/users", content=f'{{"user": {{"email": "{person.email}"')
        await simulator.control.set_fault("unauthorized")
        await person.send(new_number(), text)
        log = api.process.text()

    private = [
        *(text, number, refused, troubled, "a private key", person.email, PASSWORD, "wrong password"),
        *(person.access_token, person.refresh_token, JWT_SECRET, AUTH_TOKEN),
    ]
    assert "Application startup complete" in log, "this is not the log"
    assert "The carrier turned us away" in log, "nothing went wrong"
    for each in private:
        assert found_in(f"{log}\nINFO to={each}!", private) == [each]
    assert found_in(log, private) == []
