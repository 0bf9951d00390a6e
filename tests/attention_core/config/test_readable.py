"""A configuration is read by people: what differs from the usual, a line each."""

from dataclasses import replace

import attention_core as ac
from attention_core.config.readable import config_text, value_text
from tests.paths import BERT
from tests.random_model import SLIDING, write_model


def test_what_is_usual_is_left_out(minilm):
    shown = repr(minilm.config).splitlines()
    assert (shown[0], shown[-1]) == ("ModelConfig(", ")")
    assert "    n_layers=6," in shown
    assert "    biases={'b_K', 'b_O', 'b_Q', 'b_V', 'b_in', 'b_out'}," in shown
    assert not [line for line in shown if "router" in line or "rotary" in line or "norm_position" in line]
    assert "    norm_position='pre'," in config_text(replace(minilm.config, norm_position="pre")).splitlines()


def test_what_all_layers_share_is_said_once(tmp_path):
    shown = repr(ac.load(write_model(tmp_path, SLIDING)).config)
    assert "    rotary=Rotary(dim=10) in 3 layers,\n    windows=5 in 3 layers,\n" in shown
    assert len(shown) < 700


def test_layers_that_differ_are_counted():
    assert value_text((4, None, 4)) == "4 in 2 layers, None in 1 layer"
    assert value_text((1.0, 2.0)) == "(1.0, 2.0)"


def test_an_equal_configuration_is_printed_alike():
    assert repr(ac.load(BERT).config) == repr(ac.load(BERT).config)
