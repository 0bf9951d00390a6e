"""Models that several tests share, each read once; neither needs torch."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Read when NumPy is first imported. The products of these tests are so small that threads cost more than they give,
# and where tests run side by side they wait for one another: what takes 7 s takes minutes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import attention_core as ac
from tests.installed import installing
from tests.paths import BERT

# No test depends on how fast the machine is, nor on a draw of its own: what fails here fails everywhere.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """How many tests are run side by side with `-n auto`: one more than there are cores, as a browser's test waits."""
    return min((os.cpu_count() or 1) + 1, 8)


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
