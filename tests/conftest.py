"""Models shared by tests, each loaded once, without torch."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Read when NumPy is first imported. The matrix products of the tests are so small that threads only slow them down,
# and threads of parallel tests wait for each other: 7 s become minutes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import attention_core as ac
from tests.installed import installing
from tests.live import serving
from tests.paths import BERT

# Tests depend neither on the speed of the machine nor on a random seed: a failure is reproducible everywhere.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
# Of `make fuzz`: other inputs each time, and many more of them; see tests/fuzz/bounded.py.
settings.register_profile("fuzz", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """The number of workers for `-n auto`: one more than there are cores, since browser tests mostly wait."""
    return min((os.cpu_count() or 1) + 1, 8)


@pytest.fixture(scope="session")
def minilm():
    return ac.load("minilm")


@pytest.fixture(scope="session")
def bert():
    """The stored random BERT: 3 layers of 5 heads with 7 dimensions each; 101 words, 43 positions."""
    return ac.load(BERT)


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """The address of the application as it comes, for visitors without a browser."""
    yield from serving(tmp_path_factory.mktemp("live") / "log", {})


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The package, installed in a fresh virtual environment."""
    yield from installing(tmp_path_factory.mktemp("package"))
