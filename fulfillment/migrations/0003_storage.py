"""Room on the page for shipments and lines, whose states change and whose indexes don't."""

from django.db import migrations

STORAGE = """
ALTER TABLE fulfillment_shipment SET (fillfactor = 60);
ALTER TABLE fulfillment_shipmentline SET (fillfactor = 60);
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0002_keys_to_orders_and_nodes")]
    operations = [migrations.RunSQL(STORAGE, migrations.RunSQL.noop)]
