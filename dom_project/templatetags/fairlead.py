"""The tags and filters of every page under one name, `{% load fairlead %}`. `docs/pages.md` shows them."""

from django import template

from . import badges, drawings, fields, figures, moments

register = template.Library()
for part in (badges, drawings, fields, figures, moments):
    register.tags |= part.register.tags
    register.filters |= part.register.filters
