from datetime import UTC, date, datetime

import pytest

from inventory import ledger, levels
from inventory.models import SafetyRule, StockLevel
from inventory.movements import Movement, Wanted
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
DAY = date(2026, 11, 10)


def test_stock_is_read_as_rows_in_a_stable_order():
    sku, other, unasked = make.sku(), make.sku(), make.sku()
    near, far = make.node(), make.node()
    SafetyRule.objects.create(sku=sku, units=2, created_at=AT, created_by="test")
    first, second, third = make.stock(near, sku, 10), make.stock(far, sku, 4), make.stock(near, other, 7)
    make.stock(near, unasked, 1)
    ledger.allocate_many([Wanted("a", DAY, 1, first.pk, 3)], at=AT)
    assert levels.stock_rows([other.pk, sku.pk, sku.pk]) == [
        (sku.pk, near.pk, first.pk, 7, 2),
        (sku.pk, far.pk, second.pk, 4, 2),
        (other.pk, near.pk, third.pk, 7, 0),
    ]
    assert levels.atp_by_node([sku.pk]) == [(sku.pk, near.pk, 5), (sku.pk, far.pk, 2)]


def test_nothing_is_free_while_a_shortfall_is_open():
    level = make.level(10)
    ledger.allocate_many([Wanted("a", DAY, 1, level.pk, 8)], at=AT)
    ledger.adjust_many([Movement("lost", level.pk, -5, DAY)], at=AT, actor="test")
    assert levels.stock_rows([level.sku_id]) == [(level.sku_id, level.node_id, level.pk, 0, 0)]


def test_the_published_figure_of_each_sku_is_told_even_if_it_is_stocked_nowhere():
    level, nowhere = make.level(10), make.sku()
    assert levels.atp_of([level.sku_id]) == {level.sku_id: 0}
    ledger.publish_atp(at=AT)
    assert levels.atp_of([level.sku_id, nowhere.pk]) == {level.sku_id: 10, nowhere.pk: 0}


def test_nothing_is_short_on_sound_levels():
    make.level(10)
    assert levels.short() == []
    assert StockLevel.objects.get().shortfall == 0


def test_atp_as_arrays_holds_what_there_is_of_the_skus_asked_for():
    first, second = make.level(on_hand=7, keep=2), make.level(on_hand=1)
    make.level(on_hand=5)
    empty = make.level(on_hand=0)
    skus, nodes, atp = levels.atp_arrays([first.sku_id, second.sku_id, empty.sku_id])
    assert set(zip(skus.tolist(), nodes.tolist(), atp.tolist(), strict=True)) == {
        (first.sku_id, first.node_id, 5),
        (second.sku_id, second.node_id, 1),
    }
    assert [array.tolist() for array in levels.atp_arrays([])] == [[], [], []]


def test_a_cart_knows_what_one_node_gives_and_which_have_all_of_it():
    mug, cup, near, far = make.sku("MUG"), make.sku("CUP"), make.node(), make.node()
    for node, sku, units in ((near, mug, 10), (near, cup, 2), (far, mug, 4)):
        make.stock(node, sku, units)
    ledger.publish_atp(at=AT)
    cart = levels.cart({mug.pk: 11, cup.pk: 2})
    assert (cart.published, cart.largest, cart.whole) == ({mug.pk: 14, cup.pk: 2}, {mug.pk: 10, cup.pk: 2}, [])
    assert cart.enough({mug.pk: 14, cup.pk: 2})
    assert not cart.enough({mug.pk: 15, cup.pk: 2})
    assert levels.cart({mug.pk: 10, cup.pk: 2}).whole == [near.pk]
