from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from dom_project.accounts import views as accounts
from inventory.views import connections, limits
from routing.views import imports

from . import health, views
from .api import NothingHere

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("home/", views.home, name="home"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/tokens/", accounts.make_token, name="account_tokens"),
    path("account/tokens/<int:pk>/revoke/", accounts.revoke_token, name="account_revoke"),
    path("account/password/", views.PasswordChange.as_view(), name="password"),
    path("", include("inventory.urls")),
    path("", include("kpis.urls")),
    path("", include("fulfillment.urls")),
    path("", include("routing.pages")),
    path("favicon.ico", views.favicon),
    path("style/", views.style, name="style"),
    path("style/phone/", views.style_phone, name="style_phone"),
    path("connections/", connections.connections, name="connections"),
    path("connections/new/", connections.connection_new, name="connection_new"),
    path("connections/<slug:ref>/", connections.connection, name="connection"),
    path("connections/<slug:ref>/edit/", connections.connection_edit, name="connection_edit"),
    path("connections/<slug:ref>/check/", connections.connection_check, name="connection_check"),
    path("connections/<slug:ref>/read/", connections.connection_pull, name="connection_pull"),
    path("connections/<slug:ref>/limits/", limits.connection_limits, name="connection_limits"),
    path("connections/<slug:ref>/case/", connections.connection_case, name="connection_case"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<slug:ref>/", imports.import_run, name="import"),
    path("imports/<slug:ref>/settings/", imports.import_settings, name="import_settings"),
    path("imports/<slug:ref>/start/", imports.import_start, name="import_start"),
    path("imports/<slug:ref>/not-taken.csv", imports.import_rejected, name="import_rejected"),
    path("admin/", admin.site.urls),
    # Left rooms first, so that their fixed words win over the right rooms' refs.
    path("api/v1/", include("inventory.api_urls")),
    path("api/v1/", include("routing.urls")),
    path("api/v1/", include("fulfillment.api_urls")),
    # Its slash at the end leaves calls without one to be sent on to the address that has it.
    path("api/v1/<path:rest>/", NothingHere.as_view(), name="api_nothing_here"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
