"""A customer is found by any word of the name, or by how it begins."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_work_of_the_floor")]
    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(SearchVector("name", config="simple"), name="customer_by_words_of_name"),
        ),
    ]
