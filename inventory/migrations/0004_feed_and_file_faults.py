"""What feeds and files say of their faults: a run its error, a file each line that it could not take."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0003_cap_by_hand"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="importrun",
            name="rejected",
        ),
        migrations.AddField(
            model_name="feedrun",
            name="clamped",
            field=models.IntegerField(default=0, help_text="Rows whose moment lay ahead of our clock."),
        ),
        migrations.AddField(
            model_name="feedrun",
            name="error",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="feedscope",
            name="source_ref",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.CreateModel(
            name="ImportFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.IntegerField()),
                ("cells", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("faults", models.JSONField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faults",
                        to="inventory.importrun",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "line"), name="one_fault_row_per_line")],
            },
        ),
    ]
