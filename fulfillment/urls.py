from django.urls import path

from .views import exceptions, leaving, order, orders, pick, queue, what_if

urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("orders/<slug:ref>/", order.order, name="order"),
    path("orders/<slug:ref>/cancel/", order.cancel, name="order_cancel"),
    path("orders/<slug:ref>/again/", order.again, name="order_again"),
    path("orders/<slug:ref>/what-if/", what_if.what_if, name="order_what_if"),
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("exceptions/again/", exceptions.again, name="exceptions_again"),
    path("exceptions/letters/", exceptions.send_again, name="exceptions_letters"),
    path("exceptions/shortfall/<int:pk>/", exceptions.shortfall, name="exceptions_shortfall"),
    path("exceptions/<int:pk>/take/", exceptions.take, name="exceptions_take"),
    path("exceptions/<int:pk>/give-back/", exceptions.give_back, name="exceptions_give_back"),
    path("store/", queue.stores, name="stores"),
    path("store/<slug:node_code>/", queue.queue, name="queue"),
    path("store/<slug:node_code>/ahead/", queue.queue_ahead, name="queue_ahead"),
    path("store/<slug:node_code>/next/", queue.queue_next, name="queue_next"),
    path("store/<slug:node_code>/put-back/<int:task_id>/", queue.put_back, name="put_back"),
    path("store/<slug:node_code>/<slug:ref>/", pick.pick, name="pick"),
    path("store/<slug:node_code>/<slug:ref>/start/", pick.pick_start, name="pick_start"),
    path("store/<slug:node_code>/<slug:ref>/scan/", pick.pick_scan, name="pick_scan"),
    path("store/<slug:node_code>/<slug:ref>/units/", pick.pick_units, name="pick_units"),
    path("store/<slug:node_code>/<slug:ref>/short/", pick.pick_short, name="pick_short"),
    path("store/<slug:node_code>/<slug:ref>/lay-back/", pick.pick_lay_back, name="pick_lay_back"),
    path("store/<slug:node_code>/<slug:ref>/pack/", leaving.pick_pack, name="pick_pack"),
    path("store/<slug:node_code>/<slug:ref>/ready/", leaving.pick_ready, name="pick_ready"),
    path("store/<slug:node_code>/<slug:ref>/ship/", leaving.pick_ship, name="pick_ship"),
    path("store/<slug:node_code>/<slug:ref>/hand-over/", leaving.pick_hand_over, name="pick_hand_over"),
]
