"""The data sent to the components of a page."""

import json


def mounted(app):
    """The data of each component that received JSON, as a list or as bytes."""
    protos = [each.proto for each in app.get("bidi_component")]
    lists = [json.loads(proto.json)[0] for proto in protos if proto.WhichOneof("data") == "json"]
    return lists + [json.loads(proto.bytes) for proto in protos if proto.bytes.startswith(b'{"')]
