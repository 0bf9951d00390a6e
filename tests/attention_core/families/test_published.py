"""Configurations as they are published: what is read, which keys are ignored, what is refused and why."""

import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.ignored import ignored_keys
from attention_core.families.registry import FAMILIES, family_of
from tests.attention_core.configurations import OF_THE_CATALOGUE
from tests.attention_core.families.test_bart import MARIAN
from tests.attention_core.families.test_decoders import REAL
from tests.attention_core.published import READ, REFUSED

ALL = {
    **READ,
    **{name: (raw, ()) for name, raw in OF_THE_CATALOGUE.items()},
    **{name: (raw, ("auto_map",) if "auto_map" in raw else ()) for name, raw in REAL.items()},
    "Helsinki-NLP/opus-mt-en-de": (MARIAN, ()),
}


@pytest.mark.parametrize("name", ALL)
def test_a_published_configuration_is_read(name):
    raw, ignored = ALL[name]
    family = family_of(raw)
    config = read_config(family, raw)
    assert ignored_keys(family, raw) == ignored
    assert config == read_config(family, {key: value for key, value in raw.items() if key not in ignored})


def test_most_families_are_among_them():
    assert len({raw["model_type"] for raw, _ in ALL.values()}) >= 28
    assert {raw["model_type"] for raw, _ in ALL.values()} <= set(FAMILIES)


@pytest.mark.parametrize("name", REFUSED)
def test_a_published_configuration_is_refused_and_the_message_says_what_to_do(name):
    raw, said = REFUSED[name]
    with pytest.raises(UnsupportedConfigError, match=rf"^{said}.*\. (Use|Choose) a") as found:
        read_config(family_of(raw), raw)
    assert len(str(found.value)) < 700
