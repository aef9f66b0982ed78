"""The site for a static host such as Netlify, and the same security headers from every host."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mysms.web.response_headers import CONTENT_SECURITY_POLICY, DEFAULT_HEADERS, TRUSTED_TYPES
from tests.deploy.files import FRONTEND, TOP, read_toml
from tests.support.servers import Api

API = "https://api.example.com"
PAGE = '<!doctype html><meta name="api-base-url" content="" /><title>The app</title>'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The output of the build."""
    folder = tmp_path / "browser"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    for name in ("main-ABCD1234.js", "styles-1234ABCD.css", "favicon.svg", "plain.js"):
        (folder / name).write_text("")
    return folder


def node(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("node")
    assert program
    command = [program, str(FRONTEND / "scripts" / script), *arguments]
    return subprocess.run(command, check=False, env=variables, capture_output=True, text=True)


def prepare(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return node("prepare-static-site.mjs", str(folder), **variables)


def headers_of(folder: Path) -> dict[str, dict[str, str]]:
    rules: dict[str, dict[str, str]] = {}
    for line in (folder / "_headers").read_text().splitlines():
        if line.startswith("/"):
            rule = rules[line] = {}
        else:
            name, _, value = line.strip().partition(": ")
            rule[name] = value
    return rules


def directives(policy: str) -> dict[str, str]:
    return dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))


@pytest.mark.parametrize("url", [API, f"{API}/", f"{API}/sms/", "http://localhost:8000", "http://api.localhost:8000"])
def test_the_page_and_its_policy_name_only_the_api(built: Path, url: str) -> None:
    assert prepare(built, API_BASE_URL=url).returncode == 0
    assert f'content="{url.rstrip("/")}"' in (built / "index.html").read_text()
    policy = directives(headers_of(built)["/*"]["Content-Security-Policy"])
    assert policy["connect-src"] == "'self' {0.scheme}://{0.netloc}".format(urlsplit(url)), "and the site's own files"
    assert (built / "_redirects").read_text() == ""


def test_files_with_a_content_hash_are_cached_for_a_year(built: Path) -> None:
    prepare(built, API_BASE_URL=API)
    rules = headers_of(built)
    assert set(rules) == {"/*", "/main-ABCD1234.js", "/styles-1234ABCD.css"}
    assert "Cache-Control" not in rules["/*"], "a host joins the values of all matching rules"
    assert rules["/main-ABCD1234.js"] == {"Cache-Control": "public, max-age=31536000, immutable"}


def test_api_requests_can_be_proxied_on_one_origin(built: Path) -> None:
    assert prepare(built, API_PROXY_URL=f"{API}/").returncode == 0
    assert (built / "index.html").read_text() == PAGE
    assert directives(headers_of(built)["/*"]["Content-Security-Policy"])["connect-src"] == "'self'"
    assert (built / "_redirects").read_text().splitlines() == [
        f"/api/* {API}/api/:splat 200",
        f"/users {API}/users 200",
        f"/users/* {API}/users/:splat 200",
    ]


def test_the_site_can_be_prepared_again(built: Path) -> None:
    prepare(built, API_BASE_URL="https://before.example.com")
    prepare(built, API_BASE_URL=API)
    assert f'content="{API}"' in (built / "index.html").read_text()
    prepare(built, API_PROXY_URL=API)
    assert (built / "index.html").read_text() == PAGE


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "Neither is set."),
        ({"API_BASE_URL": ""}, "Neither is set."),
        ({"API_BASE_URL": API, "API_PROXY_URL": API}, "Both are set."),
        ({"API_BASE_URL": "api.example.com"}, 'begins with https://, not "api.example.com".'),
        ({"API_BASE_URL": "http://api.example.com"}, "must be a URL that begins with https://"),
        ({"API_BASE_URL": "https://"}, "must be a URL that begins with https://"),
        ({"API_PROXY_URL": "ftp://api.example.com"}, "API_PROXY_URL must be a URL"),
        ({"API_BASE_URL": "https://me:secret@api.example.com"}, 'without "?", "#" or a password.'),
        ({"API_BASE_URL": "https://api.example.com/?a=b"}, 'without "?", "#" or a password.'),
    ],
)
def test_an_invalid_url_stops_the_build(built: Path, variables: dict[str, str], sentence: str) -> None:
    refused = prepare(built, **variables)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The site cannot be prepared: ")
    assert sentence in refused.stderr
    assert len(refused.stderr.splitlines()) == 1, "one sentence, not a traceback"
    assert not (built / "_headers").exists()


def test_a_page_without_the_meta_tag_stops_the_build(built: Path) -> None:
    (built / "index.html").write_text("<!doctype html>")
    assert "has no <meta" in prepare(built, API_BASE_URL=API).stderr


def test_the_page_of_the_app_has_the_meta_tag() -> None:
    assert '<meta name="api-base-url" content=""' in (FRONTEND / "src" / "index.html").read_text()


def test_netlify_builds_publishes_and_falls_back() -> None:
    netlify = read_toml("netlify.toml")
    build = netlify["build"]
    assert (TOP / build["base"]).resolve() == FRONTEND
    run, _, script = build["command"].partition(" && ")
    assert run == "npm run build"
    assert (FRONTEND / shlex.split(script)[1]).is_file()
    assert build["publish"] == "dist/frontend/browser"
    assert netlify["redirects"] == [{"from": "/*", "to": "/index.html", "status": 200}]
    assert "headers" not in netlify, "they would be joined with those of _headers"


@pytest.fixture
def static_host_headers(built: Path) -> dict[str, str]:
    """The headers of a site on one origin with its API, as with the other hosts."""
    assert prepare(built, API_PROXY_URL=API).returncode == 0
    return headers_of(built)["/*"]


def test_nginx_sends_the_same_headers(static_host_headers: dict[str, str]) -> None:
    printed = node("write-nginx-headers.mjs").stdout
    added = dict(re.findall(r"^add_header (\S+) (\S+) always;$", printed, re.MULTILINE))
    values = dict(re.findall(r'^map \S+ (\S+) { "" "(.*)"; }$', printed, re.MULTILINE))
    assert {name: values[variable] for name, variable in added.items()} == static_host_headers
    (configured,) = re.findall(r"^\s*add_header.*", (FRONTEND / "nginx.conf.template").read_text(), re.MULTILINE)
    assert configured.split()[:2] == ["add_header", "Cache-Control"], "others would replace the inherited headers"


async def test_the_api_sends_the_same_headers(static_host_headers: dict[str, str], api: Api) -> None:
    assert DEFAULT_HEADERS.keys() == {"Cache-Control", *static_host_headers}
    served = (await api.http.get("/up")).headers
    policy = directives(static_host_headers.pop("Content-Security-Policy"))
    assert {name: served[name] for name in static_host_headers} == static_host_headers
    assert directives(f"{CONTENT_SECURITY_POLICY}; {TRUSTED_TYPES}") == policy
