"""The product runs no code made of data, starts no program while serving, and uses no weak or foreign randomness."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mysms

ROOT = Path(mysms.__file__).parent

MODULES = {
    *("ctypes", "dbm", "dill", "marshal", "pickle", "shelve", "xml", "xmlrpc", "yaml"),
    *("jinja2", "ldap3", "lxml", "mako", "subprocess", "telnetlib", "ftplib", "uuid"),
}
NAMES = {
    *("eval", "exec", "compile", "__import__", "breakpoint"),
    *("os.system", "os.popen", "os.execv", "os.execvp", "os.spawnv", "asyncio.create_subprocess_shell"),
    *("asyncio.create_subprocess_exec", "hashlib.md5", "hashlib.new", "ssl._create_unverified_context"),
    *("random.random", "random.randint", "random.choice", "random.choices", "random.randbytes", "random.Random"),
}
ALLOWED = {
    # Starts the development servers on one person's machine; never part of `mysms serve`.
    ("cli/demo.py", "subprocess")
}


def forbidden_in(tree: ast.AST) -> Iterator[str]:
    """The forbidden modules and names in the code, and arguments that switch off a check."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (module for _ in names[:1] if module.split(".")[0] in MODULES)
                yield from (name for each in names if (name := f"{module}.{each.name}") in NAMES)
            case ast.Name(id=name) if name in NAMES:
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr=attribute) if f"{module}.{attribute}" in NAMES:
                yield f"{module}.{attribute}"
            case ast.keyword(arg="verify" | "check_hostname" | "validate_certs", value=ast.Constant(value=False)):
                yield f"{node.arg}=False"
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield "shell=True"


def test_no_forbidden_call_is_in_the_product() -> None:
    found = {
        (str(file.relative_to(ROOT)), name)
        for file in ROOT.rglob("*.py")
        for name in forbidden_in(ast.parse(file.read_text()))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import xml.etree.ElementTree",
        "from yaml import load",
        "eval('1')",
        "from os import system",
        "os.system('ls')",
        "hashlib.md5(b'')",
        "requests.get(url, verify=False)",
        "run('ls', shell=True)",
        "key = random.choice(letters)",
    ],
)
def test_a_forbidden_call_is_noticed(code: str) -> None:
    assert list(forbidden_in(ast.parse(code)))
