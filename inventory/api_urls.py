from django.urls import path

from . import api, api_counts

urlpatterns = [
    path("availability/cart/", api.CartAvailability.as_view(), name="api_cart"),
    path("availability/<str:sku>/", api.Availability.as_view(), name="api_availability"),
    path("stock/counts/", api_counts.StockCounts.as_view(), name="api_counts"),
    path("nodes/", api.Nodes.as_view(), name="api_nodes"),
    path("nodes/<str:code>/", api.OneNode.as_view(), name="api_node"),
    path("skus/", api.Skus.as_view(), name="api_skus"),
    path("skus/<str:code>/", api.OneSku.as_view(), name="api_sku"),
]
