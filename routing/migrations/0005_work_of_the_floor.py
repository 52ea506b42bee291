"""What waits for the floor is found without reading every allocation there ever was."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("routing", "0004_room_for_looked_lines")]
    operations = [
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(
                fields=["order"], condition=Q(dispatched_at__isnull=True), name="allocations_to_dispatch"
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["id"], condition=Q(recall_wanted_at__isnull=False), name="recalls_wanted"),
        ),
    ]
