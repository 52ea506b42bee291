from django.apps import AppConfig


class DomProjectConfig(AppConfig):
    name = "dom_project"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the check of the server's version)
