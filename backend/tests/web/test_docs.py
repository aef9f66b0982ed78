"""/docs works offline and under the strict content security policy."""

import re
from pathlib import Path

from devservers import __file__ as devservers_file
from tests.support.responses import problem_of
from tests.support.servers import Api, Start

DEVSERVERS = Path(devservers_file).parent


async def test_the_page_has_no_inline_script_and_no_other_host(api: Api) -> None:
    response = await api.http.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", response.text, re.DOTALL)
    assert scripts
    for attributes, content in scripts:
        assert "src=" in attributes
        assert not content.strip()
    assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", response.text)
    assert not re.search(r"https?://|src=\"//|href=\"//", response.text)


async def test_all_files_of_the_page_exist(api: Api) -> None:
    page = (await api.http.get("/docs")).text
    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert len(addresses) >= 3
    for address in addresses:
        response = await api.http.get(address)
        assert response.status_code == 200, address
        assert response.content, address


async def test_the_page_has_the_name_and_the_mark_of_the_product(api: Api) -> None:
    page = (await api.http.get("/docs")).text
    assert "<title>API · MySMS Messenger</title>" in page
    (icon,) = re.findall(r'rel="icon" href="([^"]+)"', page)
    mark = await api.http.get(icon)
    assert mark.headers["content-type"] == "image/svg+xml"
    assert mark.content == (DEVSERVERS / "static" / "icon.svg").read_bytes()


async def test_the_page_shows_our_document(api: Api) -> None:
    script = (await api.http.get("/docs/static/docs.js")).text
    (address,) = re.findall(r"url: '([^']+)'", script)
    assert (await api.http.get(address)).json()["info"]["title"] == "MySMS Messenger"


async def test_the_authorize_button_uses_the_token_endpoint(api: Api) -> None:
    (scheme,) = api.contract.document["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "/users/token"


async def test_the_documentation_can_be_disabled(start: Start, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>The app</title>")
    for spa in ({}, {"FRONTEND_DIST": str(tmp_path)}):
        async with start(DOCS_ENABLED="off", **spa) as api:
            for path in ("/docs", "/docs/", "/docs/static/docs.js", "/docs/swagger-ui/swagger-ui.css", "/openapi.json"):
                problem_of(await api.http.get(path), 404, "not_found")
            wrong_method = await api.http.patch("/users")
            assert (wrong_method.status_code, wrong_method.headers["Allow"]) == (405, "DELETE, GET, POST")
