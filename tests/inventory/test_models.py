import pytest
from django.db import IntegrityError, transaction

from inventory.models import StockLevel
from tests import make

pytestmark = pytest.mark.django_db


def test_the_database_refuses_to_allocate_what_is_not_there():
    level = StockLevel.objects.create(node=make.node(), sku=make.sku(), on_hand=5, safety_stock=2)
    with pytest.raises(IntegrityError, match="allocated_is_covered_or_known_short"), transaction.atomic():
        StockLevel.objects.update(allocated=6)
    level.refresh_from_db()
    assert (level.allocated, level.atp) == (0, 3)
