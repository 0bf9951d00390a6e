"""Runs of every family that several tests of words share."""

from functools import cache

import pytest

import attention_core as ac
from tests.every_family import CASES
from tests.small_tokenizers import TEXT


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A run of a family's model, its encoder's where it has two sides."""

    @cache
    def run(family, part="encoder"):
        model = ac.load(CASES[family].write(tmp_path_factory.mktemp("family")))
        if isinstance(model, ac.Model):
            return model.trace(TEXT)
        return getattr(model.trace(TEXT, target="the cat saw the cat"), part)

    return run
