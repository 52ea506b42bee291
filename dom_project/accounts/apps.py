from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "dom_project.accounts"
    label = "accounts"

    def ready(self) -> None:
        from . import schema  # noqa: F401  registers itself
