"""Models that several tests share, each read once; neither needs torch."""


import pytest
from hypothesis import HealthCheck, settings

import attention_core as ac
from tests.installed import installing
from tests.paths import BERT

# No test depends on how fast the machine is, nor on a draw of its own: what fails here fails everywhere.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def minilm():
    return ac.load("minilm")


@pytest.fixture(scope="session")
def bert():
    """The stored random BERT: 3 layers of 5 heads, 7 wide each; 101 words, 43 positions."""
    return ac.load(BERT)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The package as its users have it, installed in a fresh virtual environment."""
    yield from installing(tmp_path_factory.mktemp("package"))
