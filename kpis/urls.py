from django.urls import path

from .views import board, overview

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("kpis/", board.kpis, name="kpis"),
    path("kpis/export.csv", board.kpi_csv, name="kpi_csv"),
    path("kpis/<slug:figure>/orders/", board.kpi_orders, name="kpi_orders"),
]
