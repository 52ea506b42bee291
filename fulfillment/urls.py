from django.urls import path

from .views import exceptions, order, orders, queue

urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:ref>/", order.order, name="order"),
    path("orders/<slug:ref>/cancel/", order.cancel, name="order_cancel"),
    path("orders/<slug:ref>/again/", order.again, name="order_again"),
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("store/", queue.stores, name="stores"),
    path("store/<slug:node_code>/", queue.queue, name="queue"),
]
