"""nginx as a process, for the tests that need it. `make test` does not."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_TEMPLATE = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    types {{
        text/html html;
        text/css css;
        application/javascript js;
        image/svg+xml svg;
    }}
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {configuration}
}}
"""


@contextlib.contextmanager
def running_nginx(directory: Path, configuration: str) -> Iterator[None]:
    """Run nginx with this configuration in its `http` block. The log is `nginx.log` in the directory."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "This test needs nginx. On Debian: apt-get install nginx-light"
    file = directory / "nginx.conf"
    file.write_text(_TEMPLATE.format(directory=directory, configuration=configuration))
    with (directory / "nginx.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(file), "-p", str(directory)], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
