"""What transformers defines for a family: the keys of its configuration class, its modules and its classes."""

import dataclasses
import re
from functools import cache
from typing import Any

from attention_core.transformers_package import transformers_package

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
CLASS_PATH = re.compile(r"[\w./-]+\.[A-Za-z_]\w*", re.ASCII)
KINDS_OF_CODE = ("configuration", "modeling", "tokenization", "image_processing")


@cache
def configuration_class(model_type: str, part: str = "") -> Any:
    """The configuration class of a family, or of a part of it, such as "text_config"."""
    whole = transformers_package().CONFIG_MAPPING[model_type]
    return whole.sub_configs[part] if part else whole


@cache
def defined_keys(model_type: str, part: str = "") -> frozenset[str]:
    """The keys that a family's configuration class defines, by either of their names."""
    defined = configuration_class(model_type, part)
    return frozenset({field.name for field in dataclasses.fields(defined)} | defined.attribute_map.keys())


def is_own_code(model_type: str, path: object) -> bool:
    """Whether an entry of `auto_map` names a class that transformers has, in a module of the family.

    path: such as "modeling_phi3.Phi3ForCausalLM", or with a repository before it: "owner/name--modeling_phi3 …"
    """
    if not isinstance(path, str):
        return False
    module, _, name = path.rpartition("--")[2].partition(".")
    family = configuration_class(model_type).__module__.split(".")[-2]
    own = {f"{kind}_{family}{fast}" for kind in KINDS_OF_CODE for fast in ("", "_fast")}
    return module in own and name in dir(transformers_package())


def is_repository(path: object) -> bool:
    """Whether an entry of `auto_map` is a repository's id, such as "Xenova/gpt-4o", and not the path of a class."""
    return isinstance(path, str) and bool(REPOSITORY.fullmatch(path)) and not CLASS_PATH.fullmatch(path)
