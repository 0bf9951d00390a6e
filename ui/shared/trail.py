"""The numbers that a person has opened, one from another."""

from __future__ import annotations

from dataclasses import dataclass

from attention_core.computation.derivation import Address

SEPARATOR = "~"
LONGEST = 40  # numbers


@dataclass(frozen=True)
class Trail:
    """The addresses of numbers, each opened from the one before it. `str` of it goes into the page's address."""

    addresses: tuple[Address, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Trail:
        """The trail that a text stands for; ValueError when it stands for none, or is too long to be shown."""
        made = [Address.parse(part) for part in text.split(SEPARATOR)] if text else []
        addresses = tuple(address for address in made if address)
        if len(addresses) < len(made) or len(made) > LONGEST:
            raise ValueError(f"expected at most {LONGEST} addresses joined by {SEPARATOR!r}, got {text!r}")
        return cls(addresses)

    def __str__(self) -> str:
        return SEPARATOR.join(map(str, self.addresses))

    def __bool__(self) -> bool:
        return bool(self.addresses)

    @property
    def current(self) -> Address:
        """The number that was opened last; IndexError where none was."""
        return self.addresses[-1]

    def opened(self, address: Address) -> Trail:
        """The trail after one more number."""
        return Trail((*self.addresses, address))

    def back_to(self, kept: int) -> Trail:
        """The first `kept` numbers of it."""
        return Trail(self.addresses[:kept])


EMPTY = Trail()
