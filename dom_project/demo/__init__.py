"""Juniper & Finch, a retailer that does not exist: its network, goods, customers, history, people and ERP.

Nothing imports this package except `dom_project.management` and `dom_project.up`.
"""

SEED = 20_261_123
RETAILER = "Juniper & Finch"
RETAILER_TIME_ZONE = "America/Chicago"
