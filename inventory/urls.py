from django.urls import path

from .views import levels, network, node, safety, stock

urlpatterns = [
    path("inventory/", stock.inventory, name="inventory"),
    path("inventory/nodes/<slug:code>/", stock.inventory_node, name="inventory_node"),
    path("inventory/levels/<int:pk>/", levels.level, name="level"),
    path("inventory/levels/<int:pk>/recount/", levels.recount, name="inventory_recount"),
    path("inventory/safety/", safety.rules, name="inventory_safety"),
    path("inventory/safety/<int:pk>/", safety.rule, name="inventory_safety_rule"),
    path("inventory/skus/<path:code>/", stock.sku, name="sku"),
    path("network/", network.network, name="network"),
    path("network/<slug:code>/", node.node, name="node"),
    path("network/<slug:code>/cap/", node.cap, name="network_cap"),
    path("network/<slug:code>/terms/", node.terms, name="network_terms"),
]
