from datetime import date, time

import pytest

from inventory import safety
from inventory.imports import cells, nodes
from inventory.models import Barcode, Node, NodeDay, Sku
from tests import make
from tests.filing import faults

pytestmark = pytest.mark.django_db

SKUS = "SKU,Name,Category,EAN,Weight,Price,Currency\n"
NODES = (
    "code,name,kind,group,zip,latitude,longitude,time zone,hours,holidays,cut off,capacity,abilities,shipment cost\n"
)


def test_skus_are_made_with_their_category_and_barcodes(take):
    run = take("skus", SKUS + "MUG,Mug,kitchen,401 402,350,12.90,EUR\nJPN,Bowl,kitchen,,90,1200,JPY\n")
    assert (run.state, run.rows_good, run.rows_bad) == ("done", 2, 0)
    mug = Sku.objects.get(code="MUG")
    assert (mug.name, mug.category.code, mug.weight_grams, mug.price, mug.currency) == (
        "Mug",
        "kitchen",
        350,
        1290,
        "EUR",
    )
    assert set(mug.barcodes.values_list("code", flat=True)) == {"401", "402"}
    assert Sku.objects.get(code="JPN").price == 1200


def test_a_known_sku_changes_only_in_the_columns_of_the_file(take):
    make.sku("MUG", weight_grams=400, price=1990)
    take("skus", "sku;weight\nMUG;200\n")
    mug = Sku.objects.get()
    assert (mug.weight_grams, mug.price, mug.name) == (200, 1990, "Mug")


def test_a_price_is_read_in_the_currency_that_the_sku_has(take):
    make.sku("BOWL", currency="JPY")
    take("skus", "sku,price\nBOWL,1200\n")
    assert Sku.objects.get().price == 1200


def test_a_new_sku_needs_its_code_only_and_constants_fill_the_rest(take):
    take("skus", "stockcode\n85048\n", constants={"weight_grams": "200", "currency": "GBP"})
    sku = Sku.objects.get(code="85048")
    assert (sku.name, sku.weight_grams, sku.currency) == ("85048", 200, "GBP")


def test_bad_skus_go_back_and_good_ones_come_in(take):
    Barcode.objects.create(code="401", sku=make.sku("OLD"))
    run = take(
        "skus",
        SKUS
        + "MUG,Mug,kitchen,,350,12.90,EUR\n"
        + ",Nameless,,,1,1,EUR\n"
        + "A,A,,401,1,1,EUR\n"
        + "B,B,,,-5,1,EUR\n"
        + "C,C,,,1.5,1,EUR\n"
        + "D,D,,,1,1.999,EUR\n"
        + "E,E,,,1,1,Euro\n"
        + "MUG,Mug again,,,1,1,EUR\n",
    )
    assert (run.rows_good, run.rows_bad) == (1, 7)
    assert faults(run) == [
        (3, "code", "missing"),
        (4, "barcodes", "barcode_taken"),
        (5, "weight_grams", "out_of_range"),
        (6, "weight_grams", "not_whole"),
        (7, "price", "too_fine"),
        (8, "currency", "not_a_currency"),
        (9, "code", "twice_in_file"),
    ]
    assert set(Sku.objects.values_list("code", flat=True)) == {"OLD", "MUG"}


@pytest.mark.parametrize(("cell", "field"), [(f"{'4' * 65},", "barcodes"), (f",{'a' * 25}", "handling_classes")])
def test_a_code_that_is_too_long_spoils_its_row_only(take, cell, field):
    run = take("skus", f"sku,barcodes,handling classes\nLONG,{cell}\nMUG,401,frozen\n")
    assert (run.state, run.rows_good, run.rows_bad) == ("done", 1, 1)
    assert [code for code, *_ in Sku.objects.values_list("code")] == ["MUG"]
    assert [(name, reason) for told in run.faults.values_list("faults", flat=True) for name, reason, _ in told] == [
        (field, "too_long")
    ]


def test_nodes_are_made_and_their_days_opened(take):
    run = take(
        "nodes",
        NODES
        + "RENO,Reno DC,DC,west,89502,39.52,-119.81,America/Los_Angeles,mon-fri 08:00-20:00; sat 10:00-16:00,"
        + "2026-12-25,15:00,500,ship pickup,1.50\n",
    )
    assert (run.state, faults(run)) == ("done", [])
    node = Node.objects.get()
    assert (node.kind, node.group.code, node.postcode, node.cut_off) == ("dc", "west", "89502", time(15))
    assert (node.hours["0"], node.hours["5"], "6" in node.hours) == (["08:00", "20:00"], ["10:00", "16:00"], False)
    assert (node.holidays, node.abilities, node.shipment_cost) == ([date(2026, 12, 25)], ["ship", "pickup"], 150)
    assert NodeDay.objects.filter(node=node, cap=500).count() > 5


def test_a_known_node_changes_only_in_the_columns_of_the_file(take):
    make.node("RENO", daily_capacity=100)
    take("nodes", "node,capacity\nRENO,30000\n")
    node = Node.objects.get()
    assert (node.daily_capacity, node.name, node.cut_off) == (30000, "Reno", time(15))


@pytest.mark.parametrize(
    ("case", "row", "field", "reason"),
    [
        ("a kind of no kind", "castle,America/Chicago,15:00,5", "kind", "not_one_of"),
        ("no time zone", "dc,Mars/Olympus,15:00,5", "time_zone", "not_a_time_zone"),
        ("a zone that opens and that no form takes", "dc,posix/UTC,15:00,5", "time_zone", "not_a_time_zone"),
        ("no time", "dc,America/Chicago,25:00,5", "cut_off", "not_a_time"),
        ("no capacity", "dc,America/Chicago,15:00,many", "daily_capacity", "not_a_number"),
    ],
)
def test_a_bad_node_goes_back(take, case, row, field, reason):
    run = take("nodes", f"code,name,kind,time_zone,cut_off,capacity\nX,X,{row}\n")
    assert (faults(run), Node.objects.count()) == ([(2, field, reason)], 0), case


@pytest.mark.parametrize(
    ("case", "cell", "hours"),
    [
        ("every day", "9:00-21:00", {str(day): ["09:00", "21:00"] for day in range(7)}),
        ("to the end of the day", "sun 00:00-24:00", {"6": ["00:00", "24:00"]}),
        ("none", "", {}),
    ],
)
def test_hours_are_written_as_people_do(case, cell, hours):
    assert nodes.hours(cell) == hours, case


@pytest.mark.parametrize("cell", ["always", "mon 21:00-09:00", "foo 09:00-10:00", "mon 09:00", "25:00-26:00"])
def test_hours_that_are_none_are_refused(cell):
    with pytest.raises(cells.Wrong):
        nodes.hours(cell)


def test_a_new_node_needs_what_routing_needs(take):
    run = take("nodes", "code,name\nX,X\n")
    assert faults(run) == [(2, "kind", "needed_of_new")]


def test_what_moves_to_another_category_or_group_comes_under_its_safety_rules(take, clock):
    garden, east = make.category("garden"), make.group("east")
    safety.add_rule(2, category=garden, at=clock, actor="user:1")
    safety.add_rule(1, group=east, at=clock, actor="user:1")
    level = make.stock(make.node("RENO"), make.sku("MUG"), 10)
    take("nodes", "node,group\nRENO,east\n")
    level.refresh_from_db()
    assert level.safety_stock == 1
    take("skus", "sku;category\nMUG;garden\n")
    level.refresh_from_db()
    assert level.safety_stock == 2
