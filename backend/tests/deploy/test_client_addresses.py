"""Clients are told apart by an address that they cannot forge, with the proxies of each way to deploy.

The last proxy connects from loopback here. Each proxy adds the address that it sees to X-Forwarded-For.
"""

from ipaddress import ip_address, ip_network

import pytest

from tests.deploy.files import read_yaml
from tests.support.api_user import new_email
from tests.support.rate_windows import wait_for_fresh_window
from tests.support.servers import Api, Start

LIMIT = 2
(SERVICE,) = read_yaml("render.yaml")["services"]
RENDER = next(each["value"] for each in SERVICE["envVars"] if each["key"] == "TRUSTED_PROXIES")
COMPOSE = "172.30.77.0/24"
FORGED = ("198.51.100.{}", "10.9.9.{}", "172.30.77.{}", "2001:db8:{}::1", "text {}")


async def attempt(api: Api, forwarded_for: str) -> int:
    user = {"user": {"email": new_email(), "password": "wrong"}}
    return (await api.post("/users/sign_in", user, {"X-Forwarded-For": forwarded_for})).status_code


@pytest.mark.parametrize(
    ("proxies", "chain"),
    [
        pytest.param(RENDER, "{client}, 10.1.2.3", id="Render"),
        pytest.param(RENDER, "{client}, 172.70.1.2", id="Render behind Cloudflare"),
        pytest.param(RENDER, "{client}, 172.70.1.2, 10.1.2.3", id="two proxies of Render behind Cloudflare"),
        pytest.param(COMPOSE, "{client}", id="Compose that listens on all addresses"),
        pytest.param(COMPOSE, "{client}, 172.30.77.1", id="Compose behind a TLS proxy on its machine"),
    ],
)
async def test_a_client_cannot_forge_its_address(start: Start, proxies: str, chain: str) -> None:
    async with start(AUTH_ATTEMPTS_PER_MINUTE=str(LIMIT), TRUSTED_PROXIES=f"127.0.0.1,{proxies}") as api:
        await wait_for_fresh_window(60)
        for index, forged in enumerate(FORGED):
            for client in (f"203.0.113.{index}", f"2001:db8:{index}::1"):
                claims = [f"{forged.format(number)}, {chain.format(client=client)}" for number in range(LIMIT + 1)]
                assert [await attempt(api, claim) for claim in claims] == [401] * LIMIT + [429]


@pytest.mark.parametrize("client", ["2a06:98c0:3600::103", "104.28.1.2"], ids=["Workers", "WARP"])
def test_networks_from_which_anybody_can_send_requests_are_not_trusted(client: str) -> None:
    """Cloudflare passes these addresses on as a client's, so whoever has one could forge another behind it.

    https://developers.cloudflare.com/workers/runtime-apis/headers/ names the one of Workers.
    """
    for network in RENDER.split(","):
        assert ip_address(client) not in ip_network(network)


def test_compose_trusts_its_own_network() -> None:
    environment = read_yaml("docker-compose.yml")["services"]["api"]["environment"]
    assert environment["TRUSTED_PROXIES"].startswith(f"${{SUBNET:-{COMPOSE}}}")


async def test_whoever_is_in_a_trusted_network_can_claim_any_address(start: Start) -> None:
    """So only proxies may be in one."""
    async with start(AUTH_ATTEMPTS_PER_MINUTE=str(LIMIT), TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8") as api:
        await wait_for_fresh_window(60)
        for claimed in ("198.51.100.{}, 10.0.0.1", "10.9.9.{}, 10.0.0.1"):
            assert 429 not in [await attempt(api, claimed.format(number)) for number in range(LIMIT + 1)]
        assert [await attempt(api, "10.0.0.1") for _ in range(LIMIT + 1)] == [401] * LIMIT + [429]
