"""Ports for test servers that do not collide with those of parallel tests."""

import random
import socket

HELD: list[socket.socket] = []
BELOW = range(20_000, 32_000)
"""Below the ephemeral ports, which the system assigns to outgoing connections."""


def own_port() -> int:
    """A free TCP port that no other test process gets: the UDP port of the same number stays bound until exit."""
    for port in random.SystemRandom().sample(BELOW, 100):
        held = socket.socket(type=socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
            with socket.socket() as place:
                place.bind(("127.0.0.1", port))
        except OSError:
            held.close()
        else:
            HELD.append(held)
            return port
    raise OSError("no port is free")
