"""The doors of the product: log-in, the way home, errors, and the style guide."""

from __future__ import annotations

import math
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dom_project import shell, styleguide
from dom_project.accounts.access import home_of, opens
from dom_project.accounts.login import LoginForm
from dom_project.accounts.models import User
from inventory import us_map

ICONS = {
    "administrator": "settings",
    "operations_manager": "layout-dashboard",
    "store_associate": "building-store",
    "executive": "chart-bar",
    "customer_service": "message",
    "integration": "api",
}

# A made-up evening of orders on the log-in page: where, how large, how busy.
PLACES = (
    (-119.8, 39.5, 13, "busy"),
    (-87.9, 41.7, 15, "good"),
    (-84.4, 33.7, 14, "good"),
    (-74.6, 40.4, 15, "warn"),
    (-96.8, 32.8, 7, "good"),
    (-122.3, 47.6, 6, "good"),
    (-104.9, 39.7, 6, "busy"),
    (-118.2, 34.1, 8, "warn"),
    (-80.3, 25.9, 6, "good"),
    (-71.1, 42.4, 6, "busy"),
    (-93.3, 45.0, 6, "good"),
    (-112.1, 33.4, 6, "busy"),
    (-90.1, 30.0, 5, "good"),
    (-77.0, 38.9, 6, "good"),
)
WAYS = ((0, 6), (0, 5), (0, 7), (1, 10), (1, 4), (2, 8), (2, 12), (3, 9), (3, 13), (1, 6))


def arc(start: us_map.Point, end: us_map.Point) -> str:
    """A path from one point to the other, bent upwards by a seventh of its length."""
    lift = math.dist(start, end) / 7
    middle_x, middle_y = (start.x + end.x) / 2, (start.y + end.y) / 2 - lift
    return f"M{start.x} {start.y}Q{middle_x:.1f} {middle_y:.1f} {end.x} {end.y}"


class Login(LoginView):
    redirect_authenticated_user = True
    authentication_form = LoginForm

    def get_success_url(self) -> str:
        """The page that was asked for; where the role's day begins, if it may not see that one."""
        url = super().get_success_url()
        return url if opens(self.request.user, url) else reverse("home")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        if isinstance(form, LoginForm) and (seconds := form.locked_seconds):
            response.status_code = 429
            response.headers["Retry-After"] = str(seconds)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        points = [us_map.project(longitude, latitude) for longitude, latitude, *_rest in PLACES]
        return super().get_context_data(**kwargs) | {
            "retailer": settings.RETAILER,
            "demo_logins": [
                {**person, "icon": ICONS.get(person.get("code", ""), "user-circle")} for person in settings.DEMO_LOGINS
            ],
            "dots": [
                {"x": point.x, "y": point.y, "r": place[2], "tone": place[3]}
                for point, place in zip(points, PLACES, strict=True)
            ],
            "routes": [arc(points[start], points[end]) for start, end in WAYS],
        }


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The page where a person's work begins."""
    return redirect(shell.link(home_of(cast(User, request.user))) or "account")


class PasswordChange(PasswordChangeView):
    """A person's own password."""

    template_name = "registration/password.html"

    def get_success_url(self) -> str:
        messages.success(self.request, _("Your password was changed."))
        return reverse("account")


@require_GET
def style(request: HttpRequest, template: str = "shell/style.html") -> HttpResponse:
    """Every component in its states: to build pages by, to photograph, to test."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, template, styleguide.examples())


@require_GET
def style_phone(request: HttpRequest) -> HttpResponse:
    """The same for pages of the floor."""
    return style(request, "shell/style_phone.html")


@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask without reading the page, the admin's for one."""
    return redirect(static("favicon.svg"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that another page, or one of yesterday, sent."""
    return render(request, "403_csrf.html", status=403)
