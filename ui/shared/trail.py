"""The numbers that the user has opened, one from another."""

from __future__ import annotations

from dataclasses import dataclass

from attention_core.computation.derivation import Address

SEPARATOR = "~"
MAX_TRAIL_LENGTH = 40  # numbers


@dataclass(frozen=True)
class Trail:
    """The addresses of numbers, each opened from the one before it; `str` of it goes into the page's address."""

    addresses: tuple[Address, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Trail:
        """The trail that a text encodes; ValueError where it is not valid, or longer than `MAX_TRAIL_LENGTH`."""
        parsed = [Address.parse(part) for part in text.split(SEPARATOR)] if text else []
        addresses = tuple(address for address in parsed if address)
        if len(addresses) < len(parsed) or len(parsed) > MAX_TRAIL_LENGTH:
            raise ValueError(f"expected at most {MAX_TRAIL_LENGTH} addresses joined by {SEPARATOR!r}, got {text!r}")
        return cls(addresses)

    def __str__(self) -> str:
        return SEPARATOR.join(map(str, self.addresses))

    def __bool__(self) -> bool:
        return bool(self.addresses)

    @property
    def current(self) -> Address:
        """The number that was opened last; IndexError for an empty trail."""
        return self.addresses[-1]

    def opened(self, address: Address) -> Trail:
        """The trail with one more number opened."""
        return Trail((*self.addresses, address))

    def back_to(self, kept: int) -> Trail:
        """The trail cut to its first `kept` numbers."""
        return Trail(self.addresses[:kept])


EMPTY = Trail()
