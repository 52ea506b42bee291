from django.urls import path

from .views import exceptions, order, orders, queue

urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:ref>/", order.order, name="order"),
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("store/", queue.stores, name="stores"),
    path("store/<slug:node_code>/", queue.queue, name="queue"),
]
