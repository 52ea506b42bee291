"""How the API reads a body. A module of its own: DRF's settings name it, and problem documents import DRF's views."""

from rest_framework.parsers import JSONParser


class LenientParser(JSONParser):
    """JSON with NaN and Infinity in it, which is none: read anyway, so that the field with it can be named."""

    strict = False
