"""Values that are not finite are refused in every kind of run, and the error names the first layer to produce them."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import attention_core as ac
from attention_core.errors import NonFiniteError
from attention_core.generate import write
from attention_core.runtime.run import check_finite
from attention_core.sampling import greedy
from attention_core.weights.tensors import WEIGHTS
from tests.images import write_vit
from tests.random_model import GPT2, T5, write_model, write_pair


def broken(folder, name, value=np.nan):
    """The model in a folder, with one value of a tensor replaced by one that is not finite."""
    tensors = load_file(folder / WEIGHTS)
    tensors[name].flat[0] = value
    save_file(tensors, folder / WEIGHTS)
    return ac.load(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("at", "where"),
    [(0, "the embeddings contain"), (1, "layer 0 produces"), (2, "layer 1 produces"), (3, "layer 2 produces")],
)
def test_the_first_layer_with_such_values_is_named(value, at, where):
    stream = np.zeros((4, 3, 5), np.float32)
    assert check_finite(stream) is stream
    stream[at:, 1, 2] = value
    with pytest.raises(NonFiniteError, match=f"{where} values that are infinite or NaN"):
        check_finite(stream)


def test_a_text_and_its_continuation(tmp_path):
    model = broken(write_model(tmp_path, GPT2), "h.1.mlp.c_fc.bias")
    with pytest.raises(NonFiniteError, match="layer 1 produces"):
        model.trace(ids=[3, 5, 4])
    with pytest.raises(NonFiniteError, match="layer 1 produces"):
        next(write(model, [3, 5, 4], greedy, 1))


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_encoder_and_decoder(tmp_path, side):
    model = broken(write_pair(tmp_path, T5), f"{side}.block.0.layer.0.layer_norm.weight")
    for run in (lambda: model.trace(ids=[3, 5], target_ids=[2, 4]), lambda: model.write("w3 w4")):
        with pytest.raises(NonFiniteError, match="layer 0 produces"):
            run()


def test_an_image(tmp_path):
    model = broken(write_vit(tmp_path), "embeddings.cls_token")
    with pytest.raises(NonFiniteError, match="the embeddings contain"):
        model.trace(np.zeros((40, 56, 3), np.uint8))
