from django.urls import path

from .views import network, stock

urlpatterns = [
    path("inventory/", stock.inventory, name="inventory"),
    path("inventory/nodes/<slug:code>/", stock.inventory_node, name="inventory_node"),
    path("inventory/levels/<int:pk>/", stock.level, name="level"),
    path("inventory/skus/<path:code>/", stock.sku, name="sku"),
    path("network/", network.network, name="network"),
    path("network/<slug:code>/", network.node, name="node"),
]
