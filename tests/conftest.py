"""Models that several tests share, each read once; neither needs torch."""

from pathlib import Path

import pytest

import attention_core as ac


@pytest.fixture(scope="session")
def minilm():
    return ac.load("minilm")


@pytest.fixture(scope="session")
def bert():
    """The stored random BERT: 3 layers of 5 heads, 7 wide each; 101 words, 43 positions."""
    return ac.load(Path(__file__).parent / "reference" / "bert")
