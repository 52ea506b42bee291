from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dom_project.accounts import tokens
from dom_project.accounts.access import SCOPES
from dom_project.accounts.models import Role, User


class Command(BaseCommand):
    help = "Make an API token and show it once. The user is made with the integration role if it does not exist."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="API")
        parser.add_argument("--scope", action="append", choices=sorted(SCOPES), default=[])

    def handle(self, *args: object, **options: Any) -> None:
        user, _made = User.objects.get_or_create(username=options["username"], defaults={"role": Role.INTEGRATION})
        if not user.is_active:
            raise CommandError(f"{user.username} is disabled.")
        self.stdout.write(tokens.make(user, name=options["name"], scopes=options["scope"], at=timezone.now()))
