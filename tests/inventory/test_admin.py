from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from inventory import audit, capacity, ledger
from inventory.models import (
    Barcode,
    Category,
    Channel,
    Connection,
    DataIssue,
    ExchangeRate,
    FeedCase,
    FeedRun,
    FeedScope,
    ImportFault,
    ImportRun,
    LedgerEntry,
    LegalEntity,
    Node,
    NodeAccess,
    NodeDay,
    OwnMovement,
    RejectedRow,
    SafetyRule,
    Sku,
    StockLevel,
)  # fmt: skip
from tests import admin_site, make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.fixture
def kept():
    """A row of everything, by the verbs where there is one."""
    reno, mug = make.node("RENO", group=make.group()), make.sku("MUG")
    level = make.stock(reno, mug)
    ledger.floor_count(level.pk, 7, observed_at=AT, key="floor:1", day=AT.date(), actor="user:7")
    OwnMovement.objects.update_or_create(level=level, key="ship:1", defaults={"units": -1, "happened_at": AT})
    ledger.publish_atp(at=AT)
    capacity.open_days(at=AT)
    capacity.set_cap(reno.pk, date(2026, 11, 11), 5, at=AT, actor="user:1")
    make.channel()
    make.user("store_associate", nodes=(reno,))
    SafetyRule.objects.create(sku=mug, units=1, created_at=AT, created_by="user:1")
    LegalEntity.objects.create(code="us", name="Fairlead Inc", country="US")
    ExchangeRate.objects.create(base="EUR", quote="USD", from_date=AT, rate="1.1")
    erp = Connection.objects.create(ref="erp", name="ERP", address="http://127.0.0.1:9/", token="s3cr3t")
    run = FeedRun.objects.create(connection=erp, kind="delta", seq=1, started_at=AT)
    FeedScope.objects.create(node=reno, connection=erp)
    FeedCase.objects.create(run=run, reason="all_zero", raised_at=AT)
    DataIssue.objects.create(level=level, kind="negative", raw=-3, at=AT)
    RejectedRow.objects.create(
        connection=erp, entity="stock", source_id="1", reason="unknown_sku", first_seen_at=AT, last_seen_at=AT
    )
    file = ImportRun.objects.create(
        ref="i1", kind="skus", file_name="skus.csv", sha256="0", encoding="utf-8", separator=",", created_by="user:1",
        created_at=AT,
    )  # fmt: skip
    ImportFault.objects.create(run=file, line=2, cells=["", "Mug"], faults=[{"field": "code", "reason": "missing"}])


def test_the_network_is_shown_to_the_administrator_alone(kept):
    admin_site.opens_for_the_administrator_alone("inventory")


def test_stock_and_its_ledger_are_not_touched(kept):
    admin_site.refuses_to_touch_records("inventory")


def test_a_connections_token_is_not_shown(kept):
    erp = Connection.objects.get()
    assert b"s3cr3t" not in admin_site.logged_in().get(admin_site.url(Connection, "change", erp.pk)).content


@pytest.mark.parametrize("model", [Node, Sku, Channel, Category, LegalEntity])
def test_what_is_named_by_its_code_is_not_deleted(kept, model):
    row = model.objects.first()
    refused = admin_site.logged_in().post(admin_site.url(model, "delete", row.pk), {"post": "yes"})
    assert refused.status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def node_form(**changed):
    return {
        "code": "DALLAS", "name": "Dallas", "kind": "dc", "country": "US", "time_zone": "America/Chicago",
        "latitude": "32.8", "longitude": "-96.8", "hours": '{"0": ["08:00", "20:00"]}', "holidays": "2026-12-25",
        "cut_off": "15:00", "daily_capacity": "40", "abilities": ["ship"], "handling_classes": "", "currency": "USD",
        "shipment_cost": "150", "unit_cost": "40", "pickup_ready_minutes": "120", "active": "on",
    } | changed  # fmt: skip


def test_a_new_node_opens_its_days():
    assert admin_site.logged_in().post(admin_site.url(Node, "add"), node_form()).status_code == 302
    node = Node.objects.get()
    assert (node.code, node.hours, node.holidays) == ("DALLAS", {"0": ["08:00", "20:00"]}, [date(2026, 12, 25)])
    days = NodeDay.objects.filter(node=node)
    assert {(day.ship_date.weekday(), day.cap) for day in days if day.cap} == {(0, 40)}
    assert days.count() == 15


def test_a_node_that_moves_to_another_group_keeps_what_that_groups_rule_says():
    west, reno = make.group("west"), make.node("RENO")
    SafetyRule.objects.create(group=west, units=4, created_at=AT, created_by="user:1")
    level = make.stock(reno, make.sku("MUG"), 10)
    assert level.safety_stock == 0
    form = node_form(name="Reno", group=west.pk)
    assert admin_site.logged_in().post(admin_site.url(Node, "change", reno.pk), form).status_code == 302
    level = StockLevel.objects.get()
    assert (level.node.group, level.safety_stock, level.atp) == (west, 4, 6)
    assert level.node.code == "RENO"


def test_a_node_that_is_switched_off_sends_nothing_any_more():
    reno = make.node("RENO")
    capacity.open_days(at=AT)
    form = node_form(active="")
    assert admin_site.logged_in().post(admin_site.url(Node, "change", reno.pk), form).status_code == 302
    today = datetime.now(UTC).date()
    assert set(NodeDay.objects.filter(ship_date__gt=today).values_list("cap", flat=True)) == {0}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("time_zone", "Mars/Olympus", "This time zone is not known."),
        ("currency", "BEADS", None),
        ("currency", "$$$", "“$$$” is not a currency like USD"),
        ("country", "12", "“12” is not a country like US"),
        ("hours", '{"9": ["late"]}', 'Opening hours look like {"0": ["09:00", "21:00"]}.'),
        ("hours", "always", None),
        ("latitude", "95", "95.0 is not between -90 and 90"),
        ("latitude", "", "needs both, latitude and longitude"),
        ("latitude", "NaN", None),
        ("holidays", "Christmas", None),
        ("daily_capacity", "-1", None),
        ("daily_capacity", "99999999999", None),
        ("cut_off", "25:00", None),
        ("abilities", ["fly"], None),
        ("code", "no spaces", None),
    ],
)
def test_a_node_that_makes_no_sense_is_refused_at_its_field(field, value, said):
    refused = admin_site.logged_in().post(admin_site.url(Node, "add"), node_form(**{field: value}))
    assert refused.status_code == 200
    errors = refused.context["adminform"].form.errors
    assert list(errors) == [field]
    assert said is None or errors[field] == [said]
    assert not Node.objects.exists()


def test_a_sku_takes_its_barcodes_and_its_categorys_safety_stock():
    kitchen, garden = make.category("kitchen"), make.category("garden")
    SafetyRule.objects.create(category=garden, units=3, created_at=AT, created_by="user:1")
    mug = make.sku("MUG", category=kitchen)
    make.stock(make.node("RENO"), mug, 10)
    form = {
        "name": "Mug", "category": garden.pk, "base_unit": "each", "weight_grams": "400", "length_mm": "0",
        "width_mm": "0", "height_mm": "0", "handling_classes": "fragile", "price": "1990", "cost": "700",
        "currency": "usd", "active": "on", "barcodes-TOTAL_FORMS": "1", "barcodes-INITIAL_FORMS": "0",
        "barcodes-0-code": "4001", "barcodes-0-sku": mug.pk,
    }  # fmt: skip
    assert admin_site.logged_in().post(admin_site.url(Sku, "change", mug.pk), form).status_code == 302
    mug.refresh_from_db()
    assert (mug.code, mug.category, mug.handling_classes, mug.currency) == ("MUG", garden, ["fragile"], "USD")
    assert Barcode.objects.get().code == "4001"
    assert StockLevel.objects.get().safety_stock == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"rate": "0"}, "rate"), ({"rate": "-1"}, "rate"), ({"quote": "EUR"}, "quote"), ({"base": "E"}, "base")],
)
def test_an_exchange_rate_that_makes_no_sense_is_refused_at_its_field(changed, field):
    form = {"base": "EUR", "quote": "USD", "from_date": "2026-11-10", "rate": "1.1"} | changed
    refused = admin_site.logged_in().post(admin_site.url(ExchangeRate, "add"), form)
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == [field]
    assert not ExchangeRate.objects.exists()


def test_an_associate_is_given_a_node():
    reno, picker = make.node("RENO"), make.user("store_associate")
    form = {"user": picker.pk, "node": reno.pk}
    assert admin_site.logged_in().post(admin_site.url(NodeAccess, "add"), form).status_code == 302
    assert NodeAccess.objects.get().node == reno


@pytest.mark.parametrize("event", ["NodeEvent", "SkuEvent"])
def test_the_trail_says_who_changed_a_master(event, client):
    ada = make.user("administrator", username="ada")
    client.force_login(ada)
    model = apps.get_model("inventory", event)
    master = make.node("RENO") if event == "NodeEvent" else make.sku("MUG")
    form = node_form(name="New") if event == "NodeEvent" else {
        "name": "New", "base_unit": "each", "weight_grams": "1", "length_mm": "0", "width_mm": "0", "height_mm": "0",
        "price": "1", "cost": "1", "currency": "USD", "barcodes-TOTAL_FORMS": "0", "barcodes-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert client.post(admin_site.url(type(master), "change", master.pk), form).status_code == 302
    rows = client.get(admin_site.url(model, "changelist")).context["cl"].result_list
    assert [(row.pgh_label, row.name, row.who) for row in rows] == [
        ("update", "New", "ada"),
        ("insert", master.name, None),
    ]
    newest = client.get(admin_site.url(model, "change", rows[0].pk)).content.decode()
    assert "ada" in newest


def test_the_ledger_is_read_and_found_by_node_and_sku(kept):
    make.stock(make.node("SPARKS"), make.sku("TRAY"), 5)
    administrator, address = admin_site.logged_in(), admin_site.url(LedgerEntry, "changelist")
    found = {word: administrator.get(address, {"q": word}).context["cl"].result_list for word in ("MUG", "SPARKS")}
    assert {(row.level.node.code, row.level.sku.code) for row in found["MUG"]} == {("RENO", "MUG")}
    assert {(row.level.node.code, row.level.sku.code) for row in found["SPARKS"]} == {("SPARKS", "TRAY")}
    assert not administrator.get(address, {"q": "nothing"}).context["cl"].result_list
    page = administrator.get(address, {"q": "SPARKS"}).content.decode()
    assert 'field-node">SPARKS' in page
    assert 'field-sku">TRAY' in page


def test_the_trail_names_its_rows_in_words(kept):
    model = apps.get_model("inventory", "NodeEvent")
    administrator = admin_site.logged_in()
    pages = administrator.get(admin_site.url(model, "changelist")).content.decode()
    pages += administrator.get(admin_site.url(model, "change", model.objects.first().pk)).content.decode()
    assert [words for words in ("object (", "pgh label", "Pgh", "pgh context") if words in pages] == []
    assert "RENO" in pages


def test_a_sku_without_weight_is_refused_at_its_field():
    mug = make.sku("MUG")
    form = {"name": "Mug", "weight_grams": "0", "barcodes-TOTAL_FORMS": "0", "barcodes-INITIAL_FORMS": "0"}
    refused = admin_site.logged_in().post(admin_site.url(Sku, "change", mug.pk), form)
    assert refused.context["adminform"].form.errors["weight_grams"] == ["Freight is by weight: it is above 0."]


def test_saving_a_node_as_it_is_is_no_change():
    reno = make.node("RENO")
    for name in ("Reno store", "Reno store"):
        reno.name = name
        reno.save()
    [change, made] = audit.changes("NodeEvent", pgh_obj_id=reno.pk)
    assert (change.fields, made.what) == ((("name", "Reno", "Reno store"),), "insert")
