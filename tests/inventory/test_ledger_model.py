"""The ledger against a naive model of one level, over random stories told out of order."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dom_project.lib.api_errors import Refused
from inventory import invariants, ledger
from inventory.models import Connection, FeedRun, FeedScope, FloorEvidence, OwnMovement, StockLevel
from inventory.movements import Count, Counted, Movement, Wanted
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
MORNING = datetime(2026, 11, 10, 8, tzinfo=UTC)


@dataclass
class Own:
    units: int
    happened: int
    booked: int | None


@dataclass
class Model:
    """Minutes since the morning instead of instants; everything one step at a time."""

    booking: bool
    on_hand: int = 0
    allocated: int = 0
    external: int = 0
    own: dict[str, Own] = field(default_factory=dict)
    observed: int | None = None
    look: tuple[int, int] | None = None  # source value, minute
    negative: int | None = None
    below_own: bool = False

    @property
    def shortfall(self) -> int:
        return max(self.allocated - self.on_hand, 0)

    @property
    def atp(self) -> int:
        return 0 if self.shortfall else max(self.on_hand - self.allocated - self.external, 0)

    def moment_of(self, own: Own) -> int | None:
        return own.booked if self.booking else own.happened

    def contains(self, minute: int | None, own: Own) -> bool:
        moment = self.moment_of(own)
        return minute is not None and moment is not None and moment <= minute

    def move(self, key: str, own: Own) -> None:
        contained = self.contains(self.observed, own)
        stands_on_it = own.happened <= self.look[1] if self.look else contained
        if not stands_on_it:
            self.on_hand = max(self.on_hand + own.units, 0)
        if not contained:
            self.own[key] = own

    def count(self, quantity: int, external: int, minute: int) -> Counted:
        if self.observed is not None and minute < self.observed:
            return Counted(stale=1)
        before = (self.on_hand, self.external)
        gone = {key for key, own in self.own.items() if self.contains(minute, own)}
        contained = sum(self.own[key].units for key in gone)
        self.own = {key: own for key, own in self.own.items() if key not in gone}
        waiting = sum(own.units for own in self.own.values())
        unbooked = sum(
            o.units for o in self.own.values() if self.booking and o.booked is None and o.happened <= minute
        )
        self.observed, self.external = minute, external
        drift = 0
        if self.look:
            overruled = self.look[0] + contained
            if minute <= self.look[1] or quantity in (overruled, overruled + unbooked):
                kept = overruled if quantity == overruled + unbooked else quantity
                self.look, drift = (kept, self.look[1]), 1
        if not drift:
            self.look = None
            figure = max(quantity, 0) + waiting
            self.on_hand = max(figure, 0)
            self.negative = quantity if quantity < 0 else None
            self.below_own = figure < 0 and (quantity >= 0 or self.below_own)
        return Counted(changed=int(before != (self.on_hand, self.external)), drift=drift)

    def see(self, counted: int, minute: int) -> bool:
        if self.look and minute < self.look[1]:
            return False
        if not self.booking and self.observed is not None and minute < self.observed:
            return False
        waiting = sum(own.units for own in self.own.values())
        if self.look:
            source = self.look[0]
        elif self.negative is not None:
            source = self.negative
        else:
            source = self.on_hand - waiting
        since = sum(own.units for own in self.own.values() if own.happened > minute)
        self.look, self.on_hand = (source, minute), max(counted + since, 0)
        return True

    def book(self, key: str, minute: int) -> None:
        own = self.own[key]
        hidden = self.look or self.negative is not None or self.below_own
        if self.booking and not hidden and self.observed is not None and minute <= self.observed:
            del self.own[key]
            self.on_hand = max(self.on_hand - own.units, 0)
        else:
            own.booked = minute


units = st.integers(1, 12)
ago = st.integers(0, 6)


class Story(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.minute, self.told = 100, 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(booking=st.booleans())
    def begin(self, booking: bool) -> None:
        self.level = make.level(0)
        self.source = Connection.objects.create(ref="source", name="Source", address="http://source.example")
        FeedScope.objects.create(node=self.level.node, connection=self.source, booking=booking)
        self.run_ = FeedRun.objects.create(connection=self.source, kind="delta", seq=1, started_at=MORNING)
        self.model = Model(booking)

    def at(self, minute: int) -> datetime:
        return MORNING + timedelta(minutes=minute)

    def next_key(self, verb: str) -> str:
        self.told += 1
        self.minute += 1
        return f"{verb}:{self.told}"

    def move(self, verb, key: str, asked: int, own: Own) -> None:
        booked_at = None if own.booked is None else self.at(own.booked)
        movement = [Movement(key, self.level.pk, asked, DAY, booked_at=booked_at)]
        times = {"at": self.at(self.minute), "happened_at": self.at(own.happened)}
        assert verb(movement, actor="test", **times) == {key}
        assert verb(movement, actor="test", **times) == frozenset()

    @rule(amount=units, late=ago, booked=st.none() | ago, back=st.booleans())
    def arrive(self, amount: int, late: int, booked: int | None, back: bool) -> None:
        key, happened = self.next_key("arrive"), self.minute - late
        own = Own(amount, happened, None if booked is None else happened + booked)
        self.move(ledger.take_back_many if back else ledger.receive_many, key, amount, own)
        self.model.move(key, own)

    @rule(amount=units, late=ago, booked=st.none() | ago, sign=st.sampled_from((1, -1)))
    def adjust(self, amount: int, late: int, booked: int | None, sign: int) -> None:
        key, happened = self.next_key("adjust"), self.minute - late
        own = Own(sign * amount, happened, None if booked is None else happened + booked)
        self.move(ledger.adjust_many, key, sign * amount, own)
        self.model.move(key, own)

    @rule(amount=units)
    def allocate(self, amount: int) -> None:
        key = self.next_key("allocate")
        wanted = [Wanted(key, DAY, 7, self.level.pk, amount)]
        enough = amount <= self.model.atp
        assert ledger.allocate_many(wanted, at=self.at(self.minute)) == ({} if enough else {7: "no_atp"})
        if enough:
            self.model.allocated += amount

    @rule(amount=units)
    def release(self, amount: int) -> None:
        key = self.next_key("release")
        movement = [Movement(key, self.level.pk, amount, DAY)]
        if amount > self.model.allocated:
            with pytest.raises(Refused, match="not_allocated"):
                ledger.release_many(movement, at=self.at(self.minute), actor="test")
            return
        assert ledger.release_many(movement, at=self.at(self.minute), actor="test") == {key}
        self.model.allocated -= amount

    @rule(amount=units, late=ago, booked=st.none() | ago)
    def ship(self, amount: int, late: int, booked: int | None) -> None:
        key, happened = self.next_key("ship"), self.minute - late
        own = Own(-amount, happened, None if booked is None else happened + booked)
        if amount > self.model.allocated:
            with pytest.raises(Refused, match="not_allocated"):
                self.move(ledger.ship_many, key, amount, own)
            return
        self.move(ledger.ship_many, key, amount, own)
        self.model.move(key, own)
        self.model.allocated -= amount

    @rule(quantity=st.integers(-3, 30), external=st.integers(0, 3), late=ago)
    def count(self, quantity: int, external: int, late: int) -> None:
        self.next_key("count")
        moment = self.minute - late
        counts = [Count(self.level.pk, quantity, external, self.at(moment))]
        told = ledger.count_levels(counts, run=self.run_, part=self.told, at=self.at(self.minute))
        assert told == self.model.count(quantity, external, moment)

    @rule(change=st.sampled_from((0, 0, 1)), late=ago)
    def say_the_same_again(self, change: int, late: int) -> None:
        """What the floor overruled, or nearly."""
        if self.model.look:
            self.count(self.model.look[0] + change, self.model.external, late)

    @rule(counted=st.integers(0, 30), late=ago)
    def look(self, counted: int, late: int) -> None:
        key = self.next_key("floor")
        moment = self.minute - late
        seen = ledger.floor_count(
            self.level.pk,
            counted,
            observed_at=self.at(moment),
            key=key,
            day=DAY,
            actor="user:1",
            at=self.at(self.minute),
        )
        assert seen == self.model.see(counted, moment)

    @rule(which=st.integers(0, 9), late=ago)
    def book(self, which: int, late: int) -> None:
        unbooked = sorted(key for key, own in self.model.own.items() if own.booked is None)
        if unbooked:
            self.next_key("book")
            key = unbooked[which % len(unbooked)]
            assert ledger.mark_booked([key], booked_at=self.at(self.minute - late)) == 1
            self.model.book(key, self.minute - late)

    @rule()
    def publish(self) -> None:
        ledger.publish_atp(at=self.at(self.minute))

    @invariant()
    def the_level_is_the_models(self) -> None:
        if not hasattr(self, "model"):
            return
        level, model = StockLevel.objects.get(pk=self.level.pk), self.model
        assert (level.on_hand, level.allocated, level.shortfall, level.external, level.atp) == (
            model.on_hand, model.allocated, model.shortfall, model.external, model.atp
        )  # fmt: skip
        waiting = dict(OwnMovement.objects.values_list("key", "units"))
        assert waiting == {key: own.units for key, own in model.own.items()}
        looks = list(FloorEvidence.objects.values_list("source_value", flat=True))
        assert looks == ([model.look[0]] if model.look else [])

    @invariant()
    def the_books_are_sound(self) -> None:
        assert invariants.broken_rows() == []


def test_any_story_leaves_the_level_where_a_naive_reading_of_it_does():
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
