"""The demo's ERP and tills: a system of its own beside Fairlead, started as a script and knowing nothing of it.

It keeps its stock in SQLite, sells to walk-ins, receives goods, tells its figures at GET /stock (docs/feed.md) and
hears of our shipments and take-backs at POST /fairlead, signed; it books each event once and says when it did.
"""

import hmac
import json
import os
import random
import secrets
import sqlite3
import sys
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY = 1 << 20
SIGNED_FOR = 300  # seconds that a signature stays good
SALES_PER_MINUTE = 10
REFILL_BELOW = 0.35  # of what a level began with
SCHEMA = """
CREATE TABLE IF NOT EXISTS stock (node TEXT, sku TEXT, on_hand INTEGER, usual INTEGER, is_shop INTEGER,
  version INTEGER, changed_at REAL, PRIMARY KEY (node, sku)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stock_changed ON stock (changed_at);
CREATE TABLE IF NOT EXISTS booked (event_id TEXT PRIMARY KEY, booked_at REAL) WITHOUT ROWID;
"""


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Books:
    """The ERP's stock. One lock for threads, the file's own for other processes: an ERP of this size needs no more.

    Whoever holds both reads the clock: figures of a moment hold whatever was booked before it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.db = sqlite3.connect(folder / "erp.sqlite", check_same_thread=False, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + SCHEMA)
        if not self.db.execute("SELECT 1 FROM stock LIMIT 1").fetchone():
            self._open(json.loads((folder / "opening.json").read_text()))

    def _open(self, rows: list[list[Any]]) -> None:
        """Begin with [node, sku, on hand, 1 for a shop] as the retailer counted it."""
        now = time.time()
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany(
            "INSERT INTO stock VALUES (?, ?, ?, ?, ?, 1, ?)",
            [(n, s, q, max(q, 2), shop, now) for n, s, q, shop in rows],
        )
        self.db.execute("COMMIT")

    def move(self, moves: list[tuple[str, str, int]], event_id: str = "") -> float:
        """Book units (signed) once per event id; returns the moment of the booking, the first one's for a repeat."""
        with self.lock:
            if event_id and (
                known := self.db.execute("SELECT booked_at FROM booked WHERE event_id = ?", [event_id]).fetchone()
            ):
                return float(known[0])
            self.db.execute("BEGIN IMMEDIATE")
            now = time.time()
            for node, sku, units in moves:
                self.db.execute(
                    "UPDATE stock SET on_hand = max(on_hand + ?, 0), version = version + 1, changed_at = ?"
                    " WHERE node = ? AND sku = ?",
                    (units, now, node, sku),
                )
            if event_id:
                self.db.execute("INSERT INTO booked VALUES (?, ?)", (event_id, now))
            self.db.execute("COMMIT")
            return now

    def figures(self, since: float | None) -> tuple[float, list[dict[str, Any]]]:
        """(the moment they are true of, one row per level) of everything, or of what changed since then."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            now = time.time()
            found = self.db.execute(
                "SELECT node, sku, on_hand, changed_at, version FROM stock WHERE changed_at >= ? ORDER BY node, sku",
                [since or 0],
            ).fetchall()
            self.db.execute("COMMIT")
        return now, [
            {"node": n, "sku": s, "on_hand": q, "reserved": 0, "changed_at": instant(changed), "version": version}
            for n, s, q, changed, version in found
        ]

    def sell(self, luck: random.Random) -> None:
        """A walk-in buys one or two units of something that a shop has."""
        with self.lock:
            shelf = self.db.execute(
                "SELECT node, sku, on_hand FROM stock WHERE is_shop AND on_hand > 0 ORDER BY random() LIMIT 1"
            ).fetchone()
        if shelf:
            node, sku, on_hand = shelf
            self.move([(node, sku, -min(on_hand, luck.choice((1, 1, 1, 2))))])

    def receive(self) -> None:
        """Goods arrive where levels have run low."""
        with self.lock:
            low = self.db.execute(
                "SELECT node, sku, usual - on_hand FROM stock WHERE on_hand < usual * ? ORDER BY changed_at LIMIT 60",
                [REFILL_BELOW],
            ).fetchall()
        self.move([(node, sku, units) for node, sku, units in low if units > 0])


class Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    books: Books
    token = secret = ""
    answers: "OrderedDict[str, tuple[float, list[dict[str, Any]]]]" = (
        OrderedDict()
    )  # a read's pages come from one moment

    def log_message(self, *_: object) -> None:
        return

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:  # noqa: N802
        url = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {self.token}"):
            return self._answer(401, {"error": "a bearer token is needed"})
        if url.path != "/stock":
            return self._answer(404, {"error": "there is /stock"})
        try:
            limit = min(max(int(asked.get("limit", 5000)), 1), 20_000)
            since = datetime.fromisoformat(asked["since"]).timestamp() if asked.get("since") else None
            key, _sep, first = asked.get("cursor", "").rpartition(":")
            start = int(first or 0)
        except ValueError as error:
            return self._answer(400, {"error": str(error)})
        if not key:
            key = secrets.token_hex(8)
            self.answers[key] = self.books.figures(since)
            while len(self.answers) > 8:
                self.answers.popitem(last=False)
        if key not in self.answers:
            return self._answer(410, {"error": "this read has been forgotten; begin again"})
        as_of, rows = self.answers[key]
        end = start + limit
        done = end >= len(rows)
        page = {
            "as_of": instant(as_of),
            "complete": done,
            "count": len(rows),
            "next": None if done else f"{key}:{end}",
        }
        return self._answer(200, page | {"rows": rows[start:end]})

    def do_POST(self) -> None:  # noqa: N802
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MAX_BODY:
            self.close_connection = True
            return self._answer(413, {"error": "too large or empty"})
        raw = self.rfile.read(length)
        if not self._signed(raw):
            return self._answer(401, {"error": "bad signature"})
        event = json.loads(raw)
        moves = [(m["node"], m["sku"], int(m["units"])) for m in event.get("data", {}).get("movements", [])]
        booked_at = self.books.move(moves, self.headers.get("Fairlead-Delivery", "") or str(event.get("id", "")))
        return self._answer(200, {"booked_at": instant(booked_at)})

    def _signed(self, raw: bytes) -> bool:
        parts = dict(
            part.split("=", 1) for part in self.headers.get("Fairlead-Signature", "").split(",") if "=" in part
        )
        stamp = parts.get("t", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > SIGNED_FOR:
            return False
        wanted = hmac.new(self.secret.encode(), stamp.encode() + b"." + raw, sha256).hexdigest()
        return hmac.compare_digest(wanted, parts.get("v1", ""))


def trade(books: Books) -> None:
    """Walk-ins and deliveries, for as long as the shop is open."""
    luck, delivered_at = random.Random(), time.time()
    while True:
        time.sleep(luck.expovariate(SALES_PER_MINUTE / 60))
        books.sell(luck)
        if time.time() - delivered_at > 120:
            books.receive()
            delivered_at = time.time()


def main() -> None:
    Desk.books = Books(Path(os.environ["DEMO_ERP_FOLDER"]))
    Desk.token, Desk.secret = os.environ["DEMO_ERP_TOKEN"], os.environ["DEMO_WEBHOOK_SECRET"]
    if "--no-trade" not in sys.argv:
        threading.Thread(target=trade, args=[Desk.books], daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["DEMO_ERP_PORT"])), Desk).serve_forever()


if __name__ == "__main__":
    main()
