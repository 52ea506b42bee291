"""`make vendor`: write static/vendor/ and static/map/us.svg again from the packages listed in vendor.toml."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory import us_map

ROOT = Path(__file__).resolve().parents[3]
LISTED = ROOT / "dom_project" / "vendor.toml"
VENDOR = ROOT / "static" / "vendor"
MAP = ROOT / "static" / "map" / "us.svg"

# The manifest of static files refuses a map that is not there.
SOURCE_MAP = re.compile(rb"\n?(?:/\*|//)# sourceMappingURL=[^\n*]*(?:\*/)?")
# Alaska, Hawaii and the territories lie off this drawing.
NOT_DRAWN = {"02", "15", "60", "66", "69", "72", "78"}
TOLERANCE = 0.55  # map units: below what an eye sees at twice the size


class Command(BaseCommand):
    help = "Fetch the front-end packages of vendor.toml with npm, check them and write static/vendor/."

    def handle(self, *args: object, **options: object) -> None:
        listed = tomllib.loads(LISTED.read_text())
        VENDOR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for package in listed["package"]:
                write(package, fetch(package, Path(folder)))
                self.stdout.write(f"{package['name']} {package['version']} ({package['licence']})")


def fetch(package: Mapping[str, Any], folder: Path) -> tarfile.TarFile:
    """The package's archive, once its SHA-256 is the listed one; CommandError otherwise."""
    wanted = f"{package['name']}@{package['version']}"
    done = subprocess.run(["npm", "pack", "--json", wanted], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"npm could not fetch {wanted}: {done.stderr.strip()}")
    archive = folder / json.loads(done.stdout)[0]["filename"].replace("@", "").replace("/", "-")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package["sha256"]:
        raise CommandError(f"{wanted} has SHA-256 {found}, vendor.toml lists {package['sha256']}")
    return tarfile.open(archive)


def write(package: Mapping[str, Any], archive: tarfile.TarFile) -> None:
    def read(path: str) -> bytes:
        member = archive.extractfile(f"package/{path}")
        if member is None:
            raise CommandError(f"{package['name']} holds no {path}")
        return member.read()

    for source, name in package["files"].items():
        content = read(source)
        (VENDOR / name).write_bytes(SOURCE_MAP.sub(b"", content) if name.endswith((".css", ".js")) else content)
    if "icons" in package:
        (VENDOR / "icons.svg").write_text(
            sprite({name: read(f"icons/outline/{name}.svg").decode() for name in package["icons"]})
        )
    if "states" in package:
        MAP.parent.mkdir(parents=True, exist_ok=True)
        MAP.write_text(states_svg(json.loads(read(package["states"]))))


def sprite(icons: Mapping[str, str]) -> str:
    """One SVG with a symbol per icon, to be drawn by `<use href="…/icons.svg#name">`."""
    symbols = []
    for name, svg in sorted(icons.items()):
        inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
        inner = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inner)
        inner = re.sub(r"\s*\n\s*", "", inner).replace(" />", "/>")
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
            f' stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def states_svg(topology: Mapping[str, Any]) -> str:
    """The lower 48 as two symbols: `land` is one filled shape, `borders` every line between two states once."""
    arcs = [simplified(arc) for arc in projected_arcs(topology)]
    states = [state for state in topology["objects"]["states"]["geometries"] if state["id"] not in NOT_DRAWN]
    rings = [ring for state in states for polygon in polygons(state) for ring in polygon]
    used = Counter(arc if arc >= 0 else ~arc for ring in rings for arc in ring)
    land = "".join(path(joined(ring, arcs), close=True) for ring in rings)
    borders = "".join(path(arcs[arc], close=False) for arc, times in sorted(used.items()) if times > 1)
    frame = f'viewBox="0 0 {us_map.WIDTH} {us_map.HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>\n'
        f'<symbol id="land" {frame} overflow="visible"><path d="{land}"/></symbol>\n'
        f'<symbol id="borders" {frame} overflow="visible"><path fill="none" d="{borders}"/></symbol>\n</svg>\n'
    )


def projected_arcs(topology: Mapping[str, Any]) -> list[list[us_map.Point]]:
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in deltas:  # quantized, each point told as the way from the one before
            x, y = x + step_x, y + step_y
            arc.append(us_map.project(x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(arc)
    return arcs


def polygons(geometry: Mapping[str, Any]) -> list[list[list[int]]]:
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]


def joined(ring: Sequence[int], arcs: Sequence[list[us_map.Point]]) -> list[us_map.Point]:
    points: list[us_map.Point] = []
    for arc in ring:
        part = arcs[arc] if arc >= 0 else arcs[~arc][::-1]
        points.extend(part[1:] if points else part)
    return points


def simplified(points: list[us_map.Point]) -> list[us_map.Point]:
    """Douglas and Peucker's line: no dropped point lay further than TOLERANCE from what stays."""
    if len(points) < 3:
        return points
    first, last = points[0], points[-1]
    across, down = last.x - first.x, last.y - first.y
    length = (across**2 + down**2) ** 0.5

    def away(point: us_map.Point) -> float:
        if not length:
            return float(((point.x - first.x) ** 2 + (point.y - first.y) ** 2) ** 0.5)
        return float(abs(across * (first.y - point.y) - (first.x - point.x) * down) / length)

    furthest = max(range(1, len(points) - 1), key=lambda place: away(points[place]))
    if away(points[furthest]) <= TOLERANCE:
        return [first, last]
    return simplified(points[: furthest + 1])[:-1] + simplified(points[furthest:])


def path(points: Sequence[us_map.Point], *, close: bool) -> str:
    if close and len(points) < 4:  # an islet that fell together
        return ""
    steps = [
        f"{after.x - before.x:.1f} {after.y - before.y:.1f}" for before, after in zip(points, points[1:], strict=False)
    ]
    return f"M{points[0].x:.1f} {points[0].y:.1f}l" + " ".join(steps) + ("z" if close else "")
