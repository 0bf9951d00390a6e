"""Random values for configuration keys, and the outcome for a model that has them."""

import json

import attention_core as ac


class Refused(Exception):
    """The reference model loads but fails when it runs."""


def outcomes(folder, keys, values, rng, make, differs):
    """The outcome of each key that the reference accepts: "equal" or "refused"; AssertionError if numbers differ.

    make:    (folder, key=value) -> the reference model, saved in the folder
    differs: (theirs, ours, folder) -> a sentence about the first tensor that differs, or None; may raise Refused
    """
    for number, key in enumerate(keys):
        value, subfolder = rng.choice(values), folder / str(number)
        subfolder.mkdir()
        try:
            theirs = make(subfolder, **{key: value})
        except Exception:
            continue  # the reference itself refuses
        # The file as a user could have written it, whatever the reference saved for the key.
        path = subfolder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
        try:
            ours = ac.load(subfolder)
        except ac.AttentionLabError:
            yield "refused"
            continue
        try:
            message = differs(theirs, ours, subfolder)
        except Refused:
            continue
        assert not message, f"{key} = {value!r}: {message}"
        yield "equal"


def check_outcomes(found):
    """Check that both outcomes occurred: equal numbers, and refusals."""
    results = list(found)
    assert results.count("equal") > 10
    assert "refused" in results
