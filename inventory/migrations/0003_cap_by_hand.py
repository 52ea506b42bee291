"""A cap that a person set for one day is not undone by the daily opening."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_storage")]
    operations = [
        migrations.AddField("nodeday", "by_hand", models.BooleanField(db_default=False)),
    ]
