"""Room on the page for levels that one batch changes together, and staging that needs no WAL."""

from django.db import migrations

STORAGE = """
ALTER TABLE inventory_stocklevel SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE inventory_nodeday SET (fillfactor = 50);
ALTER TABLE inventory_publishedatp SET (fillfactor = 50);
ALTER TABLE inventory_levelobservation SET (fillfactor = 70);
ALTER TABLE inventory_atpmovement SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE inventory_ledgerentry SET (autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE inventory_feedstage SET UNLOGGED;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunSQL(STORAGE, migrations.RunSQL.noop)]
