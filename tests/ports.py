"""Ports for servers that a test starts, whatever else is tested on this machine meanwhile."""

import random
import socket

HELD: list[socket.socket] = []
BELOW = range(20_000, 32_000)
"""Lower than the ports that a system hands out itself, to every connection that is made."""


def own_port() -> int:
    """A free port of TCP that no other process gets from here: UDP's of that number is held while this one runs."""
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
