"""What the components on a page were sent."""

import json


def mounted(app):
    """What each component was sent that was sent JSON."""
    protos = [each.proto for each in app.get("bidi_component")]
    return [json.loads(proto.json)[0] for proto in protos if proto.WhichOneof("data") == "json"]
