"""The fence comes from a sequence: a counter in the row would start again when an order comes back, and let a zombie through."""

from django.db import migrations

STORAGE = """
CREATE SEQUENCE routing_fence;
ALTER TABLE routing_order SET (fillfactor = 50);
ALTER TABLE routing_orderline SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE routing_pending SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE routing_allocation SET (fillfactor = 60);
ALTER TABLE routing_outbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE routing_orderevent SET (autovacuum_vacuum_insert_scale_factor = 0.05);
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]
    operations = [migrations.RunSQL(STORAGE, "DROP SEQUENCE routing_fence")]
