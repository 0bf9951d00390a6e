"""What each step does, in words."""

import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from tests.random_model import T5, write_pair
from ui.step_by_step.image_steps import IMAGE_STEPS
from ui.step_by_step.steps import STEPS, step_description

EMBEDDINGS, PROJECT = STEPS[2:4]


@pytest.mark.parametrize(
    ("layer", "between", "start"),
    [
        (0, "", ""),
        (1, "Layer 0 comes between these embeddings and step 4, which shows layer 1.",
         "Layer 1 starts from the output of layer 0, not from the embeddings of step 3."),
        (3, "Layers 0 to 2 come between these embeddings and step 4, which shows layer 3.",
         "Layer 3 starts from the output of layer 2, not from the embeddings of step 3."),
    ],
)  # fmt: skip
def test_the_layers_between_the_embeddings_and_the_queries_are_named(minilm, layer, between, start):
    attention = attention_views(minilm.trace("it rains"))[None]
    for step in (EMBEDDINGS, IMAGE_STEPS[2]):
        description = step_description(step, attention, layer)
        assert description.endswith(f" {between}" if between else "."), description
        assert ("layer" in description.lower()) == bool(between)
    assert step_description(PROJECT, attention, layer).startswith(start or "Each token’s vector")


def test_cross_attention_starts_from_the_residual_stream_that_step_3_shows(tmp_path):
    attention = attention_views(ac.load(write_pair(tmp_path / "pair", T5)).trace("a b", target="c"))["cross"]
    assert "of step 3" not in step_description(PROJECT, attention, 1)
    assert "between" not in step_description(EMBEDDINGS, attention, 1)


def test_embeddings_and_the_input_of_a_layer_have_different_names(minilm):
    trace = minilm.trace("it rains")
    assert trace.stage("embedding", None).equation.startswith("embedding = ")
    assert trace.stage("q", 3).equation.startswith("q = x ")
