"""Which addresses a request to a host that a user has named may go to: public ones alone. Pure."""

from ipaddress import IPv6Address, ip_address, ip_network

_TRANSLATED = ip_network("64:ff9b::/96")
"""Addresses that a gateway may translate to any IPv4 address, also one of the network it stands in (RFC 6052)."""


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the internet, and not of this machine or a network around it."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast
