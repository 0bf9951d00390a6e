"""The data sent to the components of a page."""

import json


def mounted(app):
    """The data of each component that received JSON."""
    protos = [each.proto for each in app.get("bidi_component")]
    return [json.loads(proto.json)[0] for proto in protos if proto.WhichOneof("data") == "json"]
