"""What the floor did, to look at. It is changed by the floor's own verbs."""

from django.contrib import admin

from dom_project.admin_pages import Record

from .models import Feedback, Return, Shipment, ShipmentLine, Task, TrackingEvent


@admin.register(Shipment)
class ShipmentAdmin(Record):
    list_display = ["ref", "order_id", "node", "method", "state", "dispatched_at", "closed_at"]
    list_filter = ["state", "method"]
    list_select_related = ["node"]
    search_fields = ["=ref"]


admin.site.register([Feedback, Return, ShipmentLine, Task, TrackingEvent], Record)
