"""Uses refresh tokens."""

import httpx

from tests.support.servers import Api


async def refresh(api: Api, token: str) -> httpx.Response:
    return await api.http.post("/users/token", data={"grant_type": "refresh_token", "refresh_token": token})


async def successor_of(api: Api, token: str) -> str:
    response = await refresh(api, token)
    assert response.status_code == 200, response.text
    successor: str = response.json()["refresh_token"]
    return successor
