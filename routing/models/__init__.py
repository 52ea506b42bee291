from .decisions import Decision, Problem
from .odds import NoOdds, OddsRun, ResourcingCost
from .orders import Customer, Order, OrderEvent, OrderException, OrderLine
from .outbox import Outbox, Subscriber
from .rates import RateBand, RateCard, Service, ServiceZone
from .replanning import Reoptimisation, ReplanningSwitch
from .scarcity import ScarcityPrice, ScarcityRun, ScarcitySlot
from .strategies import Rule, Strategy, StrategyActivation, StrategyVersion
from .work import Allocation, LineRefusal, Pending, PlanParcel, ShortfallCase

__all__ = [
    "Allocation",
    "Customer",
    "Decision",
    "LineRefusal",
    "NoOdds",
    "OddsRun",
    "Order",
    "OrderEvent",
    "OrderException",
    "OrderLine",
    "Outbox",
    "Pending",
    "PlanParcel",
    "Problem",
    "RateBand",
    "RateCard",
    "Reoptimisation",
    "ReplanningSwitch",
    "ResourcingCost",
    "Rule",
    "ScarcityPrice",
    "ScarcityRun",
    "ScarcitySlot",
    "Service",
    "ShortfallCase",
    "ServiceZone",
    "Strategy",
    "StrategyActivation",
    "StrategyVersion",
    "Subscriber",
]
