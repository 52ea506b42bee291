"""What left a node, or was taken from it, is found by when."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0003_storage")]
    operations = [
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(
                condition=Q(closed_at__isnull=False),
                fields=["node", "closed_at"],
                name="closed_shipments_of_a_node",
            ),
        )
    ]
