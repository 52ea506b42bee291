"""People and machines that use Fairlead."""

import pghistory
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    OPERATIONS_MANAGER = "operations_manager", _("Operations manager")
    STORE_ASSOCIATE = "store_associate", _("Store associate")
    EXECUTIVE = "executive", _("Executive")
    CUSTOMER_SERVICE = "customer_service", _("Customer service")
    INTEGRATION = "integration", _("Integration")


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractUser):
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.STORE_ASSOCIATE)
    time_zone = models.CharField(max_length=64, blank=True, default="")

    @property
    def actor(self) -> str:
        """The name under which events and versions remember this person."""
        return f"user:{self.pk}"


class ApiToken(models.Model):
    """A machine's key: shown once, kept as a hash with a visible prefix."""

    name = models.CharField(max_length=80)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(
        default=list, help_text=_("For instance orders:write, stock:read; empty: everything the role may do.")
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class LoginFailure(models.Model):
    """How often a password was wrong lately: for one user, one address, or both together. See `lockout`."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:9]}… {self.failures}"
