import pytest

from inventory import lookup
from inventory.models import Barcode
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _masters():
    make.node("RENO-DC", name="Reno DC", city="Reno")
    make.node("OAK", name="Oakland store", city="Oakland")
    Barcode.objects.create(sku=make.sku("MUG-1", name="Reno mug"), code="4006381333931")
    make.sku("100%", name="Wool")


@pytest.mark.parametrize(
    ("typed", "kinds_and_codes"),
    [
        ("reno", [("node", "RENO-DC"), ("sku", "MUG-1")]),
        ("oakl", [("node", "OAK")]),
        ("mug-1", [("sku", "MUG-1")]),
        (" 4006381333931 ", [("sku", "MUG-1")]),
        ("0%", [("sku", "100%")]),
        ("%_", []),
        ("o", []),
        ("", []),
    ],
)
def test_nodes_and_skus_are_found_by_what_is_typed(typed, kinds_and_codes):
    assert [(found.kind, found.code) for found in lookup.find(typed)] == kinds_and_codes


def test_no_more_than_asked_for_of_each_kind():
    for number in range(4):
        make.sku(f"CUP-{number}"), make.node(f"CUP-TOWN-{number}")
    assert [found.code for found in lookup.find("cup", limit=2)] == ["CUP-TOWN-0", "CUP-TOWN-1", "CUP-0", "CUP-1"]
