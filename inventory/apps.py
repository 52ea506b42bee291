from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from . import words  # noqa: F401  (it teaches inventory's sentences)
        from .imports import nodes, skus, stock  # noqa: F401  (each adds its kind of file)
