"""Configurations of every family with any values: read, or refused by name."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from attention_core.config.image import ImageInput
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.preprocessor import PREPROCESSOR_DEFAULTS, PREPROCESSOR_REQUIRED, read_preprocessor
from attention_core.families.registry import family_of
from attention_core.files import read_object
from tests.attention_core.configurations import OF_THE_CATALOGUE
from tests.every_family import CASES
from tests.fuzz.bounded import bounded, examples, mutated

CONFIGURATIONS = [*OF_THE_CATALOGUE.values(), *(case.raw() for case in CASES.values())]
PREPROCESSOR = {**PREPROCESSOR_DEFAULTS, **{key: allowed[0] for key, allowed in PREPROCESSOR_REQUIRED.items()}}


@examples(150, 3000)
@given(data=st.data(), raw=st.sampled_from(CONFIGURATIONS))
def test_a_configuration(data, raw):
    content = json.dumps(mutated(data.draw, copy.deepcopy(raw))).encode()
    with bounded():
        read = read_object(content, "config.json")
        family = family_of(read)
        for side in filter(None, (family, family.encoder)):
            assert repr(read_config(side, read))


@examples(50, 500)
@given(data=st.data())
def test_a_preprocessor(data):
    content = json.dumps(mutated(data.draw, copy.deepcopy(PREPROCESSOR))).encode()
    with bounded():
        image = read_preprocessor(ImageInput(224, 224, 16, 16), read_object(content, "preprocessor_config.json"))
        assert repr(image)
