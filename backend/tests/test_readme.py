"""The README's example for the API, run as written."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.api_user import register
from tests.support.servers import Api

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
async def test_the_curl_example_works_as_written(api: Api) -> None:
    (script,) = [block for block in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL) if "curl" in block]
    (written,) = re.findall(r"EMAIL='([^']+)'", script)
    (password,) = re.findall(r"PASSWORD='([^']+)'", script)
    # In forms, it means a space.
    email = f"+{written}"
    script = script.replace(written, email)
    assert (await register(api, email=email, password=password, password_confirmation=password)).status_code == 201

    script = script.replace("localhost:8000", urlsplit(api.url).netloc)
    shell = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await shell.communicate()
    assert (shell.returncode, errors.decode()) == (0, "")
    message = json.loads(output)
    assert (message["recipient_number"], message["content"]) == ("+14155552671", "Your table is confirmed.")
