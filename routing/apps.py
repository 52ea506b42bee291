from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        from . import words  # noqa: F401  it teaches routing's sentences
        from .imports import orders, rates  # noqa: F401  (each adds its kind of file)
