"""A victim with several tabs, and a thief who copies the victim's refresh token, take turns in every order.

The victim's browser works like the SPA: each refresh reads the token that all tabs share, and stores the new one only
if the old one is still there. Answers get lost, tabs race, and two API processes answer. Hypothesis looks for an order
that breaks one of three rules (tests/faults/test_accounts.py has uses by both at the same moment):

- A victim without a thief is never signed out.
- Once one of the two has used a token that they got after the theft, the other's next use ends the session for both.
- Changing the password ends whatever the thief has, and nothing that the victim has.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.faults.scale import scaled
from tests.support.api_user import PASSWORD, ApiUser, Json
from tests.support.responses import problem_of
from tests.support.servers import Start

VICTIM, THIEF = "victim", "thief"


class Account:
    """The victim's account, which all examples use, one after the other."""

    def __init__(self, email: str, processes: Sequence[httpx.Client]) -> None:
        self._email = email
        self._password = PASSWORD
        self._passwords = 0
        self.processes = processes

    def sign_in(self) -> Json:
        user = {"email": self._email, "password": self._password}
        answer = self.processes[0].post("/users/sign_in", json={"user": user})
        assert answer.status_code == 201, answer.text
        session: Json = answer.json()
        return session

    def change_password(self, access_token: str) -> Json:
        self._passwords += 1
        old, new = self._password, f"{PASSWORD} {self._passwords}"
        self._password = new
        user = {"current_password": old, "password": new, "password_confirmation": new}
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self.processes[0].put("/users/password", json={"user": user}, headers=headers)
        assert answer.status_code == 200, answer.text
        tokens: Json = answer.json()
        return tokens

    def refresh(self, process: int, token: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.processes[process].post("/users/token", data=form)

    def is_signed_in(self, access_token: str) -> bool:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.processes[0].get("/users", headers=headers).status_code == 200


PROCESSES = st.integers(0, 1)


class VictimAndThief(RuleBasedStateMachine):
    account: Account
    threads: ThreadPoolExecutor

    def __init__(self) -> None:
        super().__init__()
        self._outdated: list[str] = []
        """Tokens that the thief had copied or got before the password was changed."""
        self._begin(self.account.sign_in())

    def _begin(self, session: Json) -> None:
        self._stored: str = session["refresh_token"]
        self._access: str = session["access_token"]
        self._in_flight: list[tuple[str, httpx.Response]] = []
        self._thief: str | None = None
        self._got = {(VICTIM, self._stored)}
        """Who got which token from the API; a token that was copied does not count."""
        self._leader: str | None = None
        """Who has used such a token since the last theft."""
        self._has_ended = False

    @property
    def _victim_can_be_robbed(self) -> bool:
        return not self._has_ended and self._leader != THIEF

    @precondition(lambda self: not self._has_ended)
    @rule(process=PROCESSES)
    def a_tab_refreshes(self, process: int) -> None:
        self._in_flight.append((self._stored, self._use(VICTIM, self._stored, process)))

    @precondition(lambda self: not self._has_ended)
    @rule(processes=st.lists(PROCESSES, min_size=2, max_size=4))
    def tabs_race(self, processes: list[int]) -> None:
        stored = self._stored
        answers = list(self.threads.map(lambda process: self.account.refresh(process, stored), processes))
        for answer in answers:
            self._check(VICTIM, stored, answer)
        self._in_flight += [(stored, answer) for answer in answers]

    @precondition(lambda self: self._in_flight)
    @rule(data=st.data())
    def an_answer_arrives(self, data: st.DataObject) -> None:
        sent, answer = self._in_flight.pop(data.draw(st.integers(0, len(self._in_flight) - 1)))
        if answer.status_code == 200 and sent == self._stored:
            self._stored, self._access = answer.json()["refresh_token"], answer.json()["access_token"]

    @precondition(lambda self: self._in_flight)
    @rule()
    def a_reload_interrupts_all_tabs(self) -> None:
        self._in_flight.clear()

    @precondition(lambda self: self._victim_can_be_robbed)
    @rule()
    def the_thief_copies_the_stored_token(self) -> None:
        self._thief = self._stored
        self._got.discard((VICTIM, self._stored))
        self._leader = None

    @precondition(lambda self: self._thief is not None and not self._has_ended)
    @rule(process=PROCESSES, keeps_answer=st.booleans())
    def the_thief_refreshes(self, process: int, keeps_answer: bool) -> None:
        assert self._thief is not None
        answer = self._use(THIEF, self._thief, process)
        if answer.status_code == 200 and keeps_answer:
            self._thief = answer.json()["refresh_token"]

    @precondition(lambda self: not self._has_ended and not self._outdated)
    @rule()
    def the_password_is_changed(self) -> None:
        old_access = self._access
        if self._thief is not None:
            self._outdated.append(self._thief)
        self._begin(self.account.change_password(self._access))
        assert not self.account.is_signed_in(old_access)

    @precondition(lambda self: self._outdated)
    @rule(process=PROCESSES, data=st.data())
    def the_thief_tries_an_outdated_token(self, process: int, data: st.DataObject) -> None:
        was_signed_in = self.account.is_signed_in(self._access)
        token = data.draw(st.sampled_from(self._outdated))
        problem_of(self.account.refresh(process, token), 400, "session_ended")
        assert self.account.is_signed_in(self._access) is was_signed_in

    @precondition(lambda self: self._has_ended)
    @rule(process=PROCESSES)
    def nothing_continues_an_ended_session(self, process: int) -> None:
        for token in (self._stored, self._thief):
            assert token is not None, "a victim without a thief was signed out"
            problem_of(self.account.refresh(process, token), 400, "session_ended")
        assert not self.account.is_signed_in(self._access)

    @precondition(lambda self: self._has_ended)
    @rule()
    def the_victim_signs_in_again(self) -> None:
        self._begin(self.account.sign_in())

    def _use(self, who: str, token: str, process: int) -> httpx.Response:
        answer = self.account.refresh(process, token)
        self._check(who, token, answer)
        return answer

    def _check(self, who: str, token: str, answer: httpx.Response) -> None:
        is_others_lead = self._leader not in {None, who}
        if answer.status_code == 200:
            assert not self._has_ended
            assert not is_others_lead, f"the {who} uses a copied token after the {self._leader}, and is not found out"
            self._got.add((who, answer.json()["refresh_token"]))
            if (who, token) in self._got:
                self._leader = who
        else:
            problem_of(answer, 400, "session_ended")
            assert self._has_ended or is_others_lead, f"the {who} is signed out, and nobody has copied the token"
            self._has_ended = True


async def test_a_copied_token_is_found_out_and_a_victim_alone_is_never_signed_out(start: Start) -> None:
    async with start() as first, start() as second:
        email = (await ApiUser.sign_up(first)).email

        def run() -> None:
            with (
                httpx.Client(base_url=first.url, trust_env=False) as one,
                httpx.Client(base_url=second.url, trust_env=False) as other,
                ThreadPoolExecutor(4) as threads,
            ):
                VictimAndThief.account, VictimAndThief.threads = Account(email, [one, other]), threads
                run_state_machine_as_test(
                    VictimAndThief,
                    settings=settings(
                        max_examples=scaled(15, 500),
                        stateful_step_count=25,
                        deadline=None,
                        suppress_health_check=list(HealthCheck),
                    ),
                )

        # In a thread, because hypothesis runs synchronously.
        await asyncio.to_thread(run)
        first.require_no_unhandled_error()
        second.require_no_unhandled_error()
