"""What routing keeps in hand: plans for later days, which may still become better ones before the floor gets them."""

from datetime import datetime

from routing.models import ReplanningSwitch

# a: an allocation, o: its order. What is to be collected waits for nothing. Read in the statement itself: whoever
# switches it off sees the floor get everything at the next ring.
DUE = """o.held_reason = '' AND (o.method <> 'ship'
    OR a.ship_date <= (SELECT ({at}::timestamptz AT TIME ZONE n.time_zone)::date FROM inventory_node n
                       WHERE n.id = a.node_id)
    OR NOT coalesce((SELECT w."on" FROM routing_replanningswitch w ORDER BY w.id DESC LIMIT 1), true))"""


def due(at: str) -> str:
    """The condition under which an allocation goes to the floor; `at` is the placeholder of the moment."""
    return DUE.format(at=at)


def last_switch() -> ReplanningSwitch | None:
    """Who switched it last, and when; None while nobody has."""
    return ReplanningSwitch.objects.order_by("-id").first()


def is_on() -> bool:
    """Whether plans of later days are kept in hand and made anew: yes, until somebody switches it off."""
    last = last_switch()
    return last is None or last.on


def switch(on: bool, *, at: datetime, actor: str) -> bool:
    """Switch it on or off. Returns whether that changed anything."""
    if is_on() == on:
        return False
    ReplanningSwitch.objects.create(on=on, switched_at=at, switched_by=actor)
    return True
