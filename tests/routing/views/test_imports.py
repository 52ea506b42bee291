from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from inventory.imports import runs
from inventory.models import ImportRun, Sku, StockLevel
from tests import make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def planner(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    return client


def upload(planner, kind, body, name="file.csv"):
    content = body.encode() if isinstance(body, str) else body
    return planner.post(reverse("import_new"), {"kind": kind, "file": SimpleUploadedFile(name, content)})


def url(name, run):
    return reverse(name, args=[run.ref])


def work(at=None):
    runs.work_due(at=at or timezone.now(), keep_on=lambda: True)


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.STORE_ASSOCIATE, Role.CUSTOMER_SERVICE])
def test_only_planners_and_administrators_bring_files(client, bring, role):
    run = bring("skus", "sku\nMUG\n")
    client.force_login(make.user(role))
    for address in (reverse("imports"), reverse("import_new"), url("import", run), url("import_rejected", run)):
        assert client.get(address).status_code == 403
    for name in ("import_settings", "import_start"):
        assert client.post(url(name, run)).status_code == 403
    assert ImportRun.objects.get().state == "draft"


def test_an_administrator_may(client, bring):
    client.force_login(make.user(Role.ADMINISTRATOR))
    assert client.get(url("import", bring("skus", "sku\nMUG\n"))).status_code == 200


def test_a_file_from_upload_to_result(planner):
    answer = upload(planner, "skus", "Artikel;Größe\nMUG;350\nCUP;schwer\n".encode("latin-1"))
    run = ImportRun.objects.get()
    assert answer["Location"] == url("import", run)
    draft = planner.get(url("import", run)).text
    assert "Still needed" in draft
    assert "Größe" in draft
    settings = {
        "encoding": "cp1252",
        "separator": "semicolon",
        "column-code": "Artikel",
        "column-weight_grams": "Größe",
        "constant-currency": "EUR",
    }
    preview = planner.post(url("import_settings", run), settings, headers=HTMX).text
    assert "Weight in grams: “schwer” is not a number" in preview
    assert "<html" not in preview
    assert planner.post(url("import_start", run), settings)["Location"] == url("import", run)
    assert "Waiting" in planner.get(url("import", run)).text
    work()
    done = planner.get(url("import", run))
    assert "Rows that were not taken" in done.text
    assert (Sku.objects.get().code, Sku.objects.get().currency) == ("MUG", "EUR")
    polled = planner.get(url("import", run), headers=HTMX)
    assert polled.status_code == 286


def test_bad_rows_come_back_with_a_reason_and_without_formulas(planner):
    upload(planner, "skus", "sku,weight,note\nMUG,1,\nCUP,heavy,=1+1\n", name="Ärger @ home.csv")
    run = ImportRun.objects.get()
    planner.post(url("import_start", run), {"column-code": "sku", "column-weight_grams": "weight"})
    work()
    answer = planner.get(url("import_rejected", run))
    assert "-not-taken.csv" in answer["Content-Disposition"]
    assert answer["Content-Disposition"].isascii()
    assert b"".join(answer.streaming_content).decode() == (
        "\ufeffsku,weight,note,line,reason\r\nCUP,heavy,'=1+1,3,Weight in grams: “heavy” is not a number\r\n"
    )


@pytest.mark.parametrize(
    ("case", "kind", "body", "status", "said"),
    [
        ("no kind", "", b"sku\nMUG\n", 422, "Choose what is in the file."),
        ("an unknown kind", "castles", b"sku\nMUG\n", 422, "Choose what is in the file."),
        ("an empty file", "skus", b" ", 422, "The file is empty."),
        ("a spreadsheet", "skus", b"PK\x03\x04\x00\x00", 422, "This is not a text file."),
        ("a damaged archive", "skus", b"\x1f\x8b\x08\x00", 422, "damaged"),
        ("too large", "skus", b"x" * 1_048_577, 413, "larger than 1 MB"),
    ],
)
def test_a_file_that_can_not_be_taken_is_refused_in_words(planner, settings, case, kind, body, status, said):
    settings.MAX_UPLOAD_MB = 1
    answer = upload(planner, kind, body)
    assert (answer.status_code, ImportRun.objects.count()) == (status, 0), case
    assert said in answer.text


def test_no_file_is_refused_in_words(planner):
    answer = planner.post(reverse("import_new"), {"kind": "skus"})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_an_import_that_misses_something_does_not_start(planner):
    upload(planner, "skus", "foo\nMUG\n")
    run = ImportRun.objects.get()
    answer = planner.post(url("import_start", run), {}, headers=HTMX)
    run.refresh_from_db()
    assert (answer.status_code, run.state) == (422, "draft")
    assert "Still needed" in answer.text


def test_another_separator_is_read_anew(planner):
    upload(planner, "skus", "sku;weight\nMUG;5\n")
    run = ImportRun.objects.get()
    answer = planner.post(
        url("import_settings", run), {"separator": "comma", "encoding": "utf-8", "whole": "1"}, headers=HTMX
    )
    assert "sku;weight" in answer.text
    run.refresh_from_db()
    assert run.header == ["sku;weight"]


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "../../etc"])
def test_an_unknown_encoding_changes_nothing(planner, encoding):
    upload(planner, "skus", "sku\nMUG\n")
    run = ImportRun.objects.get()
    answer = planner.post(url("import_settings", run), {"encoding": encoding})
    run.refresh_from_db()
    assert (answer.status_code, run.encoding) == (200, "utf-8")
    assert "can&#x27;t be read in this encoding" in answer.text


def test_stock_asks_as_of_when(planner):
    make.node("RENO")
    make.sku("MUG")
    upload(planner, "stock", "node,sku,qty\nRENO,MUG,5\n")
    run = ImportRun.objects.get()
    form = {"column-node": "node", "column-sku": "sku", "column-on_hand": "qty"}
    assert planner.post(url("import_start", run), form).status_code == 422
    local = form | {"as_of": "2026-11-10T08:00", "as_of_zone": "America/Los_Angeles"}
    assert planner.post(url("import_start", run), local).status_code == 302
    run.refresh_from_db()
    assert run.figures_as_of == datetime(2026, 11, 10, 16, tzinfo=UTC)
    work()
    assert StockLevel.objects.get().on_hand == 5


@pytest.mark.parametrize(
    ("case", "moment", "zone", "said"),
    [
        ("ahead", "in two days", "UTC", "more than 5 minutes in the future"),
        ("twice on that night", "2026-11-01T01:30", "America/Chicago", "does not exist once in America/Chicago"),
        ("no instant", "yesterday", "UTC", "is not an instant"),
        ("no zone", "2026-11-10T08:00", "Mars/Olympus", "is not a time zone"),
    ],
)
def test_a_moment_that_can_not_be_is_refused(planner, case, moment, zone, said):
    make.node("RENO")
    upload(planner, "stock", "node,sku,qty\nRENO,MUG,5\n")
    run = ImportRun.objects.get()
    if moment == "in two days":
        moment = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    answer = planner.post(url("import_start", run), {"as_of": moment, "as_of_zone": zone})
    run.refresh_from_db()
    assert (answer.status_code, run.figures_as_of, run.state) == (422, None, "draft"), case
    assert said in answer.text


def test_a_started_import_is_not_started_again(planner):
    upload(planner, "skus", "sku\nMUG\n")
    run = ImportRun.objects.get()
    form = {"column-code": "sku"}
    planner.post(url("import_start", run), form)
    for name in ("import_start", "import_settings"):
        assert planner.post(url(name, run), form)["Location"] == url("import", run)


def test_the_same_file_again_is_said(planner):
    for _ in range(2):
        upload(planner, "skus", "sku\nMUG\n")
        newest = ImportRun.objects.order_by("-id").first()
        page = planner.get(url("import", newest)).text
        planner.post(url("import_start", newest), {"column-code": "sku"})
    assert "The very same file was brought before." in page


def test_many_faults_are_paged(planner):
    upload(planner, "skus", "sku,weight\n" + "".join(f"S{n},heavy\n" for n in range(60)))
    run = ImportRun.objects.get()
    planner.post(url("import_start", run), {"column-code": "sku", "column-weight_grams": "weight"})
    work()
    first = planner.get(url("import", run))
    second = planner.get(f"{url('import', run)}?after={first.context['older']}")
    assert [fault.line for fault, *_ in second.context["faults"]] == list(range(27, 52))


def test_an_empty_list_says_the_next_step_and_a_full_one_each_state(planner):
    assert "Bring a file" in planner.get(reverse("imports")).text
    upload(planner, "skus", "sku\nMUG\n")
    assert "Being set up" in planner.get(reverse("imports")).text


def test_an_import_that_is_none_is_not_found(planner):
    assert planner.get(reverse("import", args=["nope"])).status_code == 404


@pytest.mark.parametrize("kind", ["nodes", "skus", "stock", "rates", "orders"])
def test_every_kind_has_its_pages_with_few_queries(planner, kind, django_assert_max_num_queries):
    upload(planner, kind, "a,b\n1,2\n")
    run = ImportRun.objects.get()
    with django_assert_max_num_queries(12):
        assert planner.get(url("import", run)).status_code == 200
    with django_assert_max_num_queries(12):
        planner.get(reverse("imports"))


ORDERS = "order,sku,quantity,zip\nA-1,MUG,2,89502\n"


def test_an_import_pressed_too_early_names_what_is_needed(planner, bring):
    run = bring("orders", ORDERS)
    answer = planner.post(url("import_start", run), {"constant-order_ref": "A-1"}, headers=HTMX)
    assert answer.status_code == 422
    told = "<p>Still needed, as a column or one value for all: Channel, Placed at, SKU, Quantity.</p>"
    assert told in answer.text
    run.refresh_from_db()
    assert run.state == "draft"


def mapped(**more):
    columns = {"order_ref": "order", "sku": "sku", "quantity": "quantity", "postcode": "zip"}
    sent = {f"column-{name}": column for name, column in columns.items()}
    return sent | {"constant-channel": "web"} | {f"constant-{name}": value for name, value in more.items()}


@pytest.fixture
def shop():
    make.channel("web", name="Web shop")
    make.sku("MUG")


def test_the_moment_of_all_rows_may_be_now(planner, bring, shop):
    run = bring("orders", ORDERS)
    page = planner.get(url("import", run)).text
    assert "or now, or 2026-11-23T07:00:00-06:00" in page
    before = timezone.now().replace(microsecond=0)
    answer = planner.post(url("import_settings", run), mapped(placed_at="now"), headers=HTMX)
    run.refresh_from_db()
    assert before <= datetime.fromisoformat(run.constants["placed_at"]) <= timezone.now()
    assert "All good" in answer.text


def test_the_preview_calls_channels_by_name_and_a_moment_in_another_form_is_told_the_right_one(planner, bring, shop):
    run = bring("orders", ORDERS)
    answer = planner.post(url("import_settings", run), mapped(placed_at="23.11.2026 07:00"), headers=HTMX)
    assert "<td>A-1</td><td>Web shop</td><td>23.11.2026 07:00</td><td>MUG</td><td>2</td>" in answer.text
    assert "Placed at: is not an instant like 2026-11-10T15:00:00Z" in answer.text


def test_a_result_leads_to_the_orders_that_came(planner, bring, shop):
    run = bring("orders", ORDERS)
    planner.post(url("import_start", run), mapped(placed_at="2026-11-20T07:00:00-06:00"))
    work()
    page = planner.get(url("import", run)).text
    assert f'href="{reverse("orders")}">' in page
    assert "See the orders" in page
