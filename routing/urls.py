from django.urls import path

from . import api

urlpatterns = [
    # orders/ itself can be read too, so its endpoint is fulfillment's, which extends OrderIntake.
    path("orders/bulk/", api.OrdersIntake.as_view(), name="api_orders_bulk"),
]
