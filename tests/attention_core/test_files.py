"""Reading a model's files: system errors and malformed JSON."""

import pytest

from attention_core.errors import CheckpointError, HeaderError
from attention_core.files import file_errors, read_object


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "x is not valid JSON: Expecting value"),
        (b"\xff\xfe", "x is not valid JSON: 'utf-8' codec"),
        (b"[" * 200_000, "x is not valid JSON: maximum recursion depth"),
        (b'{"a":' * 200_000, "x is not valid JSON: maximum recursion depth"),
        (b'{"a": ' + b"9" * 5000 + b"}", "x is not valid JSON: Exceeds the limit"),
        (b'{"a": -' + b"9" * 41 + b"}", "Exceeds the limit of 40 digits for a whole number: 42 digits"),
        (b'{"a": 1, "a": 2}', "x is not valid JSON: it has a duplicate key"),
        (b"[1]", "x must be a JSON object, got a list"),
        (b"null", "x must be a JSON object, got a NoneType"),
    ],
)
def test_anything_but_an_object_is_refused(raw, said):
    with pytest.raises(CheckpointError, match=said):
        read_object(raw, "x")
    with pytest.raises(HeaderError, match=said):
        read_object(raw, "x", HeaderError)


def test_an_object_is_read_with_a_byte_order_mark_or_without():
    assert read_object(b'\xef\xbb\xbf{"a": 1}', "x") == read_object(b'{"a": 1}', "x") == {"a": 1}
    assert read_object(b'{"a": -' + b"9" * 40 + b"}", "x") == {"a": 1 - 10**40}


def test_a_system_error_names_the_file_without_its_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CheckpointError, match=r"^folder cannot be read: Is a directory\.$"), file_errors():
        (tmp_path / "folder").read_bytes()
    with pytest.raises(CheckpointError, match=r"^A file of the model cannot be read: no room\.$"), file_errors():
        raise OSError("no room")
