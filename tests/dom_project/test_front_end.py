"""What the templates and the vendored files promise: no inline code, nothing missing, nothing from outside."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import plotly.offline
import pytest
from django.conf import settings
from django.template.loader import get_template

from dom_project import words
from dom_project.management.commands import vendor
from dom_project.templatetags import badges, drawings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static/vendor/icons.svg").read_text()
# What the CSP refuses in silence, and what would leave the house.
REFUSED = {
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "an hx-on attribute": re.compile(r"\shx-on[:a-z-]*\s*=", re.I),
    "an evaluated value": re.compile(r"hx-(?:vals|headers)=['\"]\s*js:", re.I),
    "a script with code": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a file from outside": re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", re.I),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_compiles_and_holds_nothing_that_the_csp_refuses(template: Path) -> None:
    get_template(str(template.relative_to(ROOT / "templates")))
    source = re.sub(r"\{#.*?#\}", "", template.read_text())
    assert [name for name, pattern in REFUSED.items() if pattern.search(source)] == []


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))
    named = {name for path in TEMPLATES for name in re.findall(r'\{% icon "([a-z0-9-]+)"', path.read_text())}
    described = {
        look.icon for looks in [*words.SETS.values(), words.METHODS, words.NODE_KINDS] for look in looks.values()
    }
    assert (named | described | set(badges.ICONS.values())) - drawn == set()


def test_the_sprite_holds_what_the_list_says() -> None:
    listed = tomllib.loads(vendor.LISTED.read_text())["package"]
    icons = next(package["icons"] for package in listed if "icons" in package)
    assert re.findall(r'<symbol id="([^"]+)"', SPRITE) == sorted(icons)


def test_every_category_that_a_page_may_show_is_drawn() -> None:
    drawn = re.findall(r'<symbol id="glyph-([^"]+)"', (ROOT / "static/glyphs.svg").read_text())
    assert set(drawn) == drawings.GLYPHS
    assert len(drawn) == 12


def test_plotly_in_python_and_in_the_browser_belong_together() -> None:
    with (ROOT / "static/vendor/plotly-basic.min.js").open() as script:
        assert f"v{plotly.offline.get_plotlyjs_version()}" in script.read(300)


def test_vendored_files_name_no_source_maps_which_the_manifest_would_miss() -> None:
    files = [path for path in (ROOT / "static/vendor").iterdir() if path.suffix in {".css", ".js"}]
    assert [path.name for path in files if b"sourceMappingURL" in path.read_bytes()] == []
