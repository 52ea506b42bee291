import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0011_plans_made_anew"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="rule",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rule",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="rule",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="rule",
            name="split_lines",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="ruleevent",
            name="split_lines",
            field=models.BooleanField(db_default=True, default=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rule",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "routing_ruleevent" ("enabled", "id", "if_none", "if_part", "max_parcels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rank", "ref", "split_lines", "version_id", "which_nodes", "which_orders") VALUES (NEW."enabled", NEW."id", NEW."if_none", NEW."if_part", NEW."max_parcels", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."rank", NEW."ref", NEW."split_lines", NEW."version_id", NEW."which_nodes", NEW."which_orders"); RETURN NULL;',
                    hash="ebc306c7b61d72b83aa8ef7bb20bae5273b8921c",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_36f9b",
                    table="routing_rule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rule",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "routing_ruleevent" ("enabled", "id", "if_none", "if_part", "max_parcels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rank", "ref", "split_lines", "version_id", "which_nodes", "which_orders") VALUES (NEW."enabled", NEW."id", NEW."if_none", NEW."if_part", NEW."max_parcels", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."rank", NEW."ref", NEW."split_lines", NEW."version_id", NEW."which_nodes", NEW."which_orders"); RETURN NULL;',
                    hash="96d8f4a3fd2b743e2bb0c755923023e3992d9da8",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_39876",
                    table="routing_rule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rule",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "routing_ruleevent" ("enabled", "id", "if_none", "if_part", "max_parcels", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rank", "ref", "split_lines", "version_id", "which_nodes", "which_orders") VALUES (OLD."enabled", OLD."id", OLD."if_none", OLD."if_part", OLD."max_parcels", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."rank", OLD."ref", OLD."split_lines", OLD."version_id", OLD."which_nodes", OLD."which_orders"); RETURN NULL;',
                    hash="868ea8f427db90679feeb4f26eba4dfa6d31d4a8",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_3110c",
                    table="routing_rule",
                    when="AFTER",
                ),
            ),
        ),
    ]
