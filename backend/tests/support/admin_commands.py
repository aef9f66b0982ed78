"""What the commands for operators print."""

import re


def new_password_in(output: str) -> str:
    """The password that `mysms reset-password` has made last."""
    *_, password = re.findall(r"^New password of \S+: (\S+)$", output, re.MULTILINE)
    return str(password)
