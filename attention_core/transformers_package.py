"""The package transformers, which writes checkpoints; imported only when a file asks for it: it takes a second."""

import os
from types import ModuleType

QUIET = "TRANSFORMERS_NO_ADVISORY_WARNINGS"


def transformers_package() -> ModuleType:
    """The package, without its warning that PyTorch is missing: nothing here needs PyTorch."""
    before = os.environ.get(QUIET)
    os.environ[QUIET] = "1"
    try:
        import transformers
    finally:
        os.environ.pop(QUIET) if before is None else os.environ.update({QUIET: before})
    return transformers
