"""In every family, each quantity's derivation, computed from its leaves, gives the number of the run."""

import pytest

import attention_core as ac
from attention_core.computation.derivation import Address, evaluate
from attention_core.explain import number_at
from attention_core.trace import CachingTrace
from tests.every_family import CASES
from tests.small_tokenizers import TEXT
from tests.walk import open_all


@pytest.mark.parametrize("name", [name for name in CASES if name != "vit"])  # a ViT: test_image_model.py
def test_a_derivation_gives_the_number_of_the_run(tmp_path, name):
    model = ac.load(CASES[name].write(tmp_path))
    paired = isinstance(model, ac.EncoderDecoder)
    trace = CachingTrace.of(model.trace(TEXT, target=TEXT).decoder if paired else model.trace(TEXT))
    last, width, seen = model.config.n_layers - 1, model.config.d_model, set()
    for address, term in open_all(trace, Address("resid_post", (last, len(trace.ids) - 1, width - 1))):
        number = float(number_at(trace, address).value)
        assert float(evaluate(term)) == pytest.approx(number, abs=1e-4 * max(1, abs(number))), str(address)
        seen.add(address.quantity)
    assert {"v", "z", "weight", "W_O"} <= seen
