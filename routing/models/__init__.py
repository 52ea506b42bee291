from .decisions import Decision, Problem
from .orders import Customer, Order, OrderEvent, OrderException, OrderLine
from .outbox import Outbox, Subscriber
from .rates import RateBand, RateCard, Service, ServiceZone
from .strategies import Rule, Strategy, StrategyActivation, StrategyVersion
from .work import Allocation, LineRefusal, Pending, PlanParcel, ShortfallCase

__all__ = [
    "Allocation",
    "Customer",
    "Decision",
    "LineRefusal",
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
    "Rule",
    "Service",
    "ShortfallCase",
    "ServiceZone",
    "Strategy",
    "StrategyActivation",
    "StrategyVersion",
    "Subscriber",
]
