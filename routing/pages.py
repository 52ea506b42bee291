"""The addresses of routing's pages; those of its API are in `urls`."""

from django.urls import path

from .views import odds, replanning, scarcity, strategy, versions

urlpatterns = [
    path("routing/", strategy.routing, name="routing"),
    path("routing/edit/", strategy.routing_edit, name="routing_edit"),
    path("routing/replanning/", replanning.replanning, name="replanning"),
    path("routing/replanning/switch/", replanning.replanning_switch, name="replanning_switch"),
    path("routing/odds/", odds.routing_odds, name="routing_odds"),
    path("routing/scarcity/", scarcity.scarcity, name="scarcity"),
    path("routing/scarcity/again/", scarcity.scarcity_again, name="scarcity_again"),
    path("routing/history/", versions.routing_history, name="routing_history"),
    path("routing/versions/<int:number>/", versions.routing_version, name="routing_version"),
    path("routing/versions/<int:number>/activate/", versions.routing_activate, name="routing_activate"),
]
