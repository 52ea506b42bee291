from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "dom_project.accounts"
    label = "accounts"
