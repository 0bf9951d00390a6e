"""A run of each family, shared by the tests of sentences."""

from functools import cache

import pytest

import attention_core as ac
from tests.every_family import CASES
from tests.small_tokenizers import TEXT


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """The run of a family's model; of an encoder–decoder, of one part."""

    @cache
    def run(family, part="encoder"):
        model = ac.load(CASES[family].write(tmp_path_factory.mktemp("family")))
        if isinstance(model, ac.Model):
            return model.trace(TEXT)
        return getattr(model.trace(TEXT, target="the cat saw the cat"), part)

    return run
