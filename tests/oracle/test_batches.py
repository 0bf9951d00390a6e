"""Texts of different lengths in one batch of the reference, padded on either side: each as if it ran alone."""

import numpy as np
import pytest

import attention_core as ac
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

LENGTHS = (13, 5, 9)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_texts_of_different_lengths(tmp_path, name, side):
    import torch

    from tests.oracle.capture import recording

    row = REFERENCES[name]
    theirs, ours = make(name, 0, tmp_path), ac.load(tmp_path)
    ids = np.random.default_rng(3).integers(0, row.d_vocab, (len(LENGTHS), max(LENGTHS)))
    at = np.arange(max(LENGTHS))
    attention_mask = np.array([at < n if side == "right" else at >= max(LENGTHS) - n for n in LENGTHS])
    body = getattr(theirs, "encoder", None) or theirs.model.encoder if row.decoder else theirs
    with torch.no_grad(), recording(row.attention):
        result = body(input_ids=torch.tensor(ids), attention_mask=torch.tensor(attention_mask.astype(int)),
                    output_hidden_states=not row.decoder)  # fmt: skip
    expected = (result.last_hidden_state if row.decoder else result.hidden_states[-1]).numpy()
    for text, mask, wanted in zip(ids.tolist(), attention_mask, expected, strict=True):
        trace = ours.trace(ids=text, attention_mask=mask.tolist(), **({"target_ids": text} if row.decoder else {}))
        found = (trace.encoder if row.decoder else trace).contextual
        np.testing.assert_allclose(found[mask], wanted[mask], rtol=0, atol=1e-5)
