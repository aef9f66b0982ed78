"""What is known of the client that makes a request."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClientInfo:
    """The IP address and the device of a client."""

    address: str
    device: str
