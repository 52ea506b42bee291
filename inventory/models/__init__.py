from .calls import IdempotentCall
from .feeds import Connection, DataIssue, FeedCase, FeedChunk, FeedRun, FeedScope, FeedStage, RejectedRow
from .goods import Barcode, Category, SafetyRule, Sku
from .imports import ImportFault, ImportRun
from .network import Channel, ExchangeRate, LegalEntity, Node, NodeAccess, NodeDay, NodeGroup
from .stock import AtpMovement, FloorEvidence, LedgerEntry, LevelObservation, OwnMovement, PublishedAtp, StockLevel

__all__ = [
    "AtpMovement",
    "Barcode",
    "Category",
    "Channel",
    "Connection",
    "DataIssue",
    "ExchangeRate",
    "FeedCase",
    "FeedChunk",
    "FeedRun",
    "FeedScope",
    "FeedStage",
    "FloorEvidence",
    "IdempotentCall",
    "ImportFault",
    "ImportRun",
    "LedgerEntry",
    "LegalEntity",
    "LevelObservation",
    "Node",
    "NodeAccess",
    "NodeDay",
    "NodeGroup",
    "OwnMovement",
    "PublishedAtp",
    "RejectedRow",
    "SafetyRule",
    "Sku",
    "StockLevel",
]
