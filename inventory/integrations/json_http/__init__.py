from inventory.integrations.connector import Connector

from . import sync

CONNECTOR = Connector(
    name="json_http",
    title="JSON over HTTP",
    pull=sync.pull,
    check=sync.check,
    check_mapping=sync.check_mapping,
)
