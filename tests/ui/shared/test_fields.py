"""The table of entries of the selection: each row is consistent."""

import pytest

from ui.shared.fields import SELECTION_FIELDS
from ui.shared.selection import bounds_message, clean

RANGED = [name for name, field in SELECTION_FIELDS.items() if field.range]


@pytest.mark.parametrize("name", SELECTION_FIELDS)
def test_a_row_parses_its_default_and_resets_known_entries(name):
    field = SELECTION_FIELDS[name]
    if field.default is not None:
        assert field.clean(field.default) == field.default == field.clean(str(field.default))
    assert set(field.resets) < SELECTION_FIELDS.keys() - {name}


@pytest.mark.parametrize("name", RANGED)
def test_both_bounds_are_accepted_and_values_beyond_are_refused(name):
    least, most = SELECTION_FIELDS[name].range
    for bound in (least, most):
        assert clean({name: str(bound)})[1] == {}
    for beyond in (least - 1, most + 1):
        assert clean({name: beyond})[1] == {name: bounds_message(name)}
    assert f"“{name}” must be at least {least}" in bounds_message(name)


def test_of_many_dimensions_the_first_eight_are_kept():
    assert clean({"dims": ",".join(map(str, range(20)))})[0]["dims"] == "0,1,2,3,4,5,6,7"
