"""Names a session's device by its User-Agent. Pure."""

from functools import lru_cache

# The first match counts: the User-Agent of a browser also contains the names of browsers that it derives from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
UNKNOWN_DEVICE = "Unknown device"
_KNOWN = 128
"""So many headers, of 16 KB each at the most, are remembered: every request brings one."""


@lru_cache(_KNOWN)
def describe_user_agent(user_agent: str) -> str:
    """Returns a readable name of the device, such as `Firefox on Windows`."""
    browser = next((name for token, name in _BROWSERS if token in user_agent), None)
    system = next((name for token, name in _SYSTEMS if token in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or UNKNOWN_DEVICE
