"""The table of what may be chosen: every row holds together."""

import pytest

from ui.shared.fields import FIELDS
from ui.shared.selection import clean, within

RANGED = [name for name, field in FIELDS.items() if field.range]


@pytest.mark.parametrize("name", FIELDS)
def test_a_row_reads_its_own_default_and_resets_what_there_is(name):
    field = FIELDS[name]
    if field.default is not None:
        assert field.clean(field.default) == field.default == field.clean(str(field.default))
    assert set(field.resets) < FIELDS.keys() - {name}


@pytest.mark.parametrize("name", RANGED)
def test_both_bounds_are_accepted_and_what_is_beyond_is_told(name):
    least, most = FIELDS[name].range
    for bound in (least, most):
        assert clean({name: str(bound)})[1] == {}
    for beyond in (least - 1, most + 1):
        assert clean({name: beyond})[1] == {name: within(name)}
    assert f"“{name}” is a number from {least}" in within(name)
