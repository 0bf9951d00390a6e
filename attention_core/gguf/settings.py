"""The settings of a model in the metadata of a GGUF file; each is read, or refused by name."""

from collections.abc import Mapping
from typing import Any

from attention_core.config.model_config import is_finite_number, is_integer
from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.ignored import listing


class Settings:
    """The metadata of one architecture, of which those that were not read are left.

    architecture: the prefix of their names
    """

    def __init__(self, metadata: Mapping[str, Any], architecture: str) -> None:
        self.architecture, start = architecture, f"{architecture}."
        self._left = {key.removeprefix(start): value for key, value in metadata.items() if key.startswith(start)}

    def take(self, key: str, default: Any = None) -> Any:
        """A setting of any type."""
        return self._left.pop(key, default)

    def integer(self, key: str, default: int | None = None) -> int | None:
        """A whole number of at least 0; UnsupportedConfigError for anything else."""
        value = self.take(key, default)
        if value is not None and not is_integer(value, 0):
            raise UnsupportedConfigError(f"{self.architecture}.{key} must be a whole number, got {value!r}.")
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """A finite number; UnsupportedConfigError for anything else."""
        value = self.take(key, default)
        if value is not None and not is_finite_number(value):
            raise UnsupportedConfigError(f"{self.architecture}.{key} must be a number, got {value!r}.")
        return value

    def require(self, key: str, *allowed: Any) -> None:
        """UnsupportedConfigError unless a setting is missing or has one of these values."""
        if (value := self.take(key)) is not None and value not in allowed:
            raise UnsupportedConfigError(
                f"{self.architecture}.{key} = {value!r} is not computed exactly here; supported: {allowed[0]!r}."
            )

    def refuse_others(self) -> None:
        """UnsupportedConfigError, which names the settings that were not read."""
        if self._left:
            names = [f"{self.architecture}.{key}" for key in sorted(self._left)]
            raise UnsupportedConfigError(f"The metadata has unsupported settings: {listing(names)}.")
