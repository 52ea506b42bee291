from django.urls import path

from . import api

urlpatterns = [
    path("orders/", api.OrderIntake.as_view(), name="api_orders"),
    path("orders/bulk/", api.OrdersIntake.as_view(), name="api_orders_bulk"),
]
