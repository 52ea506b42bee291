from django.urls import path

from .views import queue

urlpatterns = [
    path("store/", queue.stores, name="stores"),
    path("store/<slug:node_code>/", queue.queue, name="queue"),
]
