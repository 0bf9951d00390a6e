"""The table of what may be chosen: every row holds together."""

import pytest

from ui.shared.fields import SELECTION_FIELDS
from ui.shared.selection import bounds_message, clean

RANGED = [name for name, field in SELECTION_FIELDS.items() if field.range]


@pytest.mark.parametrize("name", SELECTION_FIELDS)
def test_a_row_reads_its_own_default_and_resets_what_there_is(name):
    field = SELECTION_FIELDS[name]
    if field.default is not None:
        assert field.clean(field.default) == field.default == field.clean(str(field.default))
    assert set(field.resets) < SELECTION_FIELDS.keys() - {name}


@pytest.mark.parametrize("name", RANGED)
def test_both_bounds_are_accepted_and_what_is_beyond_is_told(name):
    least, most = SELECTION_FIELDS[name].range
    for bound in (least, most):
        assert clean({name: str(bound)})[1] == {}
    for beyond in (least - 1, most + 1):
        assert clean({name: beyond})[1] == {name: bounds_message(name)}
    assert f"“{name}” is a number from {least}" in bounds_message(name)
