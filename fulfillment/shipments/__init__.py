"""What the floor does: every verb takes any number of shipments, locks their orders and returns what moved."""

from .dispatch import dispatch_ahead, dispatch_due
from .leaving import deliver_many, hand_over_many, lose_many, ship_many
from .packing import make_ready_many, pack_many
from .picking import (
    Missed,
    expect_scan,
    lay_back_many,
    pick_many,
    pick_whole_many,
    scan,
    start_next,
    start_picking_many,
)
from .recall import answer_recalls, recall_many
from .short import Reason, report_short, reported

__all__ = [
    "Missed",
    "Reason",
    "answer_recalls",
    "deliver_many",
    "dispatch_ahead",
    "dispatch_due",
    "expect_scan",
    "hand_over_many",
    "lay_back_many",
    "lose_many",
    "make_ready_many",
    "pack_many",
    "pick_many",
    "pick_whole_many",
    "recall_many",
    "report_short",
    "reported",
    "scan",
    "ship_many",
    "start_next",
    "start_picking_many",
]
