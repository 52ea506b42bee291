from django.conf import settings

from dom_project import celery_app
from dom_project.schedule import EVERY_SECONDS, due_tasks


def test_every_ring_has_a_queue_that_the_launcher_listens_to():
    queues = {name: settings.CELERY_TASK_ROUTES[name]["queue"] for name in EVERY_SECONDS}
    assert set(queues.values()) == {"route", "feed", "out", "report"}


def test_a_ring_that_nobody_took_is_dropped_before_rings_pile_up():
    assert all(entry["options"]["expires"] >= 5 for entry in due_tasks().values())
    assert due_tasks()["publish_atp"]["options"]["expires"] == 5


def test_every_ring_and_every_route_is_a_task_that_a_worker_knows():
    celery_app.loader.import_default_modules()
    assert set(EVERY_SECONDS) <= set(settings.CELERY_TASK_ROUTES) <= set(celery_app.tasks)
