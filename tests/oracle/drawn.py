"""A configuration key drawn at random: what becomes of a model that has it."""

import json

import attention_core as ac


class Refused(Exception):
    """The reference refuses once it runs."""


def outcomes(folder, keys, values, draw, make, differs):
    """What becomes of each key that the reference takes, "equal" or "refused"; AssertionError where numbers differ.

    make:    the reference, of a folder to be written and the drawn key
    differs: of the reference, ours and the folder, the first tensor that differs; or it raises Refused
    """
    for number, key in enumerate(keys):
        value, own = draw.choice(values), folder / str(number)
        own.mkdir()
        try:
            theirs = make(own, **{key: value})
        except Exception:
            continue  # the reference itself refuses
        # The file as a person may have written it: the key as it was given, whatever the reference made of it.
        path = own / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
        try:
            ours = ac.load(own)
        except ac.AttentionLabError:
            yield "refused"
            continue
        try:
            told = differs(theirs, ours, own)
        except Refused:
            continue
        assert not told, f"{key} = {value!r}: {told}"
        yield "equal"


def hold(found):
    """Both ends are met: configurations that are computed, and some that are not."""
    counted = list(found)
    assert counted.count("equal") > 10
    assert "refused" in counted
