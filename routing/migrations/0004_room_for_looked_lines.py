"""A look fills two empty columns of every line: the page needs room for all its lines, grown."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_waiting_and_shortfalls")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE routing_orderline SET (fillfactor = 42)",
            "ALTER TABLE routing_orderline SET (fillfactor = 50)",
        )
    ]
