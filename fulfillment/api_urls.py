"""Endpoints of fulfillment. `orders/` is the intake's too: it is named here because fulfillment can read it."""

from django.urls import path

from . import api_orders, api_shipments, api_steps

urlpatterns = [
    path("orders/", api_orders.Orders.as_view(), name="api_orders"),
    path("orders/<slug:ref>/", api_orders.OneOrder.as_view(), name="api_order"),
    path("orders/<slug:ref>/cancel/", api_orders.CancelOrder.as_view(), name="api_cancel"),
    path("returns/", api_orders.Returns.as_view(), name="api_returns"),
    path("feedback/", api_orders.FeedbackGiven.as_view(), name="api_feedback"),
    path("shipments/", api_shipments.Shipments.as_view(), name="api_shipments"),
    path("shipments/<slug:ref>/", api_shipments.OneShipment.as_view(), name="api_shipment"),
    *(
        path(f"shipments/<slug:ref>/{word}/", step.as_view(), name=f"api_{word.replace('-', '_')}")
        for word, step in {
            "pick": api_steps.Pick,
            "short": api_steps.Short,
            "pack": api_steps.Pack,
            "ship": api_steps.Ship,
            "ready": api_steps.Ready,
            "hand-over": api_steps.HandOver,
            "deliver": api_steps.Deliver,
        }.items()
    ),
]
