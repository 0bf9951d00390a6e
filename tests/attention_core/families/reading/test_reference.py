"""The tables against transformers: every key and every default of a family's configuration class."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from attention_core.errors import UnsupportedConfigError
from attention_core.families.reading.configuration import read_config
from attention_core.families.reading.ignored import known_keys
from attention_core.families.reading.meanings import MEANINGS
from attention_core.families.reading.reference import configuration_class, defined_keys, is_own_code, is_repository
from attention_core.families.reading.schema import COMMON_HARMLESS, COMMON_REQUIRED
from attention_core.families.registry import FAMILIES
from attention_core.transformers_package import transformers_package

pytestmark = pytest.mark.filterwarnings("ignore")  # of transformers, about values of its own

SIDES = [(name, side) for name, family in FAMILIES.items() for side in (family, family.encoder) if side]
IDS = [name if side is FAMILIES[name] else f"{name}, encoder" for name, side in SIDES]
DEFAULTS = [(name, side, key) for name, side in SIDES for key in side.defaults]
BUILDS = ("is_encoder_decoder", "tie_word_embeddings")
"""Keys of a part that the whole configuration sets."""


def keys_of(family):
    """All keys that a family's tables have, of the configuration or its part."""
    return known_keys(family) | COMMON_REQUIRED.keys()


def reference_fields(family):
    """The fields of the class of the family's text, by name."""
    return {field.name: field for field in dataclasses.fields(configuration_class(family.model_type, family.within))}


def dump(family, **keys):
    """What the reference makes of a configuration with some keys."""
    return configuration_class(family.model_type, family.within)(**keys).to_dict()


def whole(family, keys):
    """A configuration of a family with these keys of its text."""
    outer = {"model_type": family.model_type}
    return outer | {family.within: keys} if family.within else outer | keys


@pytest.mark.parametrize(("name", "family", "key"), DEFAULTS)
def test_a_default_is_the_classs_own(name, family, key):
    value, field = family.defaults[key], reference_fields(family).get(key)
    if field is not None:
        assert (value, type(value)) == (field.default, type(field.default))
    # Keys that the class only converts are compared by what becomes of them.
    converted = dump(family, **{key: value})
    if field is None:
        converted.pop(key, None)
    assert converted == dump(family)


@pytest.mark.parametrize(("name", "family"), SIDES, ids=IDS)
def test_an_empty_configuration_is_read_as_the_classs_defaults(name, family):
    full = dump(family)
    for key in BUILDS if family.within else ():
        full.pop(key, None)
    assert read_config(family, whole(family, {})) == read_config(family, whole(family, full))


@pytest.mark.parametrize(("name", "family"), SIDES, ids=IDS)
def test_every_key_that_the_class_defines_is_in_the_tables(name, family):
    assert not defined_keys(family.model_type, family.within) - keys_of(family)
    if family.within:
        around = {family.within, *family.around, *COMMON_HARMLESS, *COMMON_REQUIRED, "tie_word_embeddings"}
        assert not defined_keys(family.model_type) - around


@pytest.mark.parametrize(("name", "family"), SIDES, ids=IDS)
def test_every_key_that_the_class_converts_is_in_the_tables(name, family):
    code = inspect.getsource(configuration_class(family.model_type, family.within))
    converted = set(re.findall(r'kwargs(?:\.pop|\.get|\.setdefault)?[(\[]\s*"(\w+)"', code))
    assert converted <= keys_of(family) | MEANINGS.keys()


NOT_COMPUTED = {
    "_attn_implementation",  # how, not what
    "_is_quantized",
    "embedding_size",  # only in the message about a width that heads do not divide
    "output_attentions",
    "hidden_dropout", "summary_first_dropout", "summary_last_dropout", "summary_proj_to_labels",  # dropout, heads
    "text_config", "vision_config", "mm_tokens_per_image", "image_token_id",  # the module of Gemma 3 has both models
}  # fmt: skip


@pytest.mark.parametrize(("name", "family"), SIDES, ids=IDS)
def test_every_key_that_the_model_reads_is_in_the_tables(name, family):
    """The model may also read keys that its class does not define, such as a width of heads."""
    module = Path(inspect.getfile(configuration_class(family.model_type))).parent
    code = "".join(path.read_text(encoding="utf-8") for path in module.glob("modeling_*.py"))
    code += (module.parent.parent / "masking_utils.py").read_text(encoding="utf-8")
    read = set(re.findall(r"\bconfig\.([a-z]\w+)\b(?!\()", code))
    read |= set(re.findall(r'(?:get|has)attr\(\s*(?:self\.)?(?:text_)?config,\s*"(\w+)"', code))
    assert len(read) > 10
    assert not read - keys_of(family) - MEANINGS.keys() - NOT_COMPUTED - defined_keys(family.model_type)


@pytest.mark.parametrize("name", FAMILIES)
def test_both_names_of_a_key_are_read_alike(name):
    """A key by its second name in the class gives what it gives by its first, or is refused with another value."""
    family = FAMILIES[name]
    aliases = {} if family.within else configuration_class(name).attribute_map
    for second, first in aliases.items():
        value = family.defaults[first if first in family.defaults else second]
        assert read_config(family, {second: value}) == read_config(family, {first: value})
        with pytest.raises(UnsupportedConfigError, match=f"{value}.* does not agree with|does not agree.*{value}"):
            read_config(family, {second: value + 1, first: value})


def test_code_is_known_by_its_module_and_its_class():
    assert is_own_code("xlm-roberta", "owner/name--modeling_xlm_roberta.XLMRobertaModel")
    assert is_own_code("gemma3_text", "configuration_gemma3.Gemma3TextConfig")
    assert is_own_code("vit", "image_processing_vit.ViTImageProcessor")
    others = ("modeling_phi3.Phi3Model", "modeling_llama.OurModel", "code.modeling_llama.LlamaModel", "", None, ["a"])
    assert not any(is_own_code("llama", path) for path in others)


def test_a_repository_is_not_a_class():
    assert is_repository("Xenova/gpt-4o")
    assert not any(map(is_repository, ("code/modeling_a.B", "modeling_a.B", "modeling_a", "a/b--modeling_a.B", None)))


def test_every_family_has_a_class():
    assert all(configuration_class(name).model_type == name for name in FAMILIES)
    assert transformers_package().__version__.startswith("5.")
