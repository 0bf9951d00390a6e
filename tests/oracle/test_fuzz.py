"""Random values for every configuration key of a family: the reference's numbers, or an error that names the key."""

import random
from functools import partial

import pytest

from attention_core.families.reading.schema import COMMON_HARMLESS
from attention_core.families.registry import FAMILIES
from tests.oracle.fuzzing import Refused, check_outcomes, outcomes
from tests.oracle.references import REFERENCES, make

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

VALUES = [True, False, None, 0, 1, 2, 3, 7, 0.5, -1, 1e-3, "gelu", "silu", "relu", "else", [], [1], {}, {"a": 1},
          {"rope_type": "linear", "factor": 2.0}, {"rope_type": "else"}, {"rope_theta": 77.0}]  # fmt: skip
# Keys that configure the run, not the model.
RUN = {"chunk_size_feed_forward",
       "output_attentions", "output_hidden_states", "return_dict", "use_cache", "torchscript", "dtype", "torch_dtype",
       "model_type", "transformers_version", "architectures", "id2label", "label2id", "num_labels",
       "_name_or_path"}  # fmt: skip
# Keys that mean something in some families; the reference may read them although its class does not define them.
MEANT = ["alibi", "head_dim", "is_causal", "layer_types", "num_key_value_heads", "partial_rotary_factor",
         "per_layer_config", "rope_theta", "scale_attn_weights", "sliding_window"]  # fmt: skip
ROUNDS = 3


def keys(name):
    family = FAMILIES[name]
    rule_keys = [rule.keys for rule in family.rules]
    tables = set().union(
        family.sizes.values(), family.choices, family.required, family.aliases, *rule_keys, family.harmless,
        COMMON_HARMLESS,
    )
    return [*sorted((tables | {"a_key_of_tomorrow"}) - RUN), *MEANT]


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_equal_or_refused(tmp_path, name, seed):
    from tests.oracle.capture import capture, first_difference

    row, rng = REFERENCES[name], random.Random(seed)

    def differs(theirs, ours, folder):
        ids = [rng.randrange(min(row.d_vocab, ours.config.d_vocab)) for _ in range(min(5, ours.config.n_ctx))]
        try:
            expected = capture(theirs, row, ids, target=ids[:3] if row.decoder else None)
        except (TypeError, ValueError) as problem:
            raise Refused from problem
        trace = ours.trace(ids=ids, target_ids=ids[:3]).decoder if row.decoder else ours.trace(ids=ids)
        return first_difference(trace, expected)

    check_outcomes(outcomes(tmp_path, keys(name), VALUES, rng, partial(make, name, 0), differs))
