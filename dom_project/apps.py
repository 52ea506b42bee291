from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from psycopg import adapters

from dom_project.lib.lists import QuickListDumper


class DomProjectConfig(AppConfig):
    name = "dom_project"
    default = True

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the check of the server's version)

        adapters.register_dumper(list, QuickListDumper)


class AdministrationConfig(admin_apps.AdminConfig):
    default = False
    default_site = "dom_project.admin_pages.Site"
