from datetime import timedelta
from pathlib import Path

import pytest

from dom_project.lib.api_errors import BadInput
from inventory.imports import drafts, files
from inventory.models import ImportFault, ImportRun, Sku

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def kept(settings) -> int:
    return sum(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def test_the_file_of_an_ended_import_goes_and_what_it_counted_stays(take, clock, settings):
    run = take("skus", "sku,weight\nMUG,350\nCUP,heavy\n")
    assert kept(settings) == 1
    assert files.forget_files(before=clock) == 0
    assert files.forget_files(before=clock + DAY) == 1
    run.refresh_from_db()
    assert (run.state, run.file.name, run.rows_good, run.rows_bad) == ("done", "", 1, 1)
    assert ImportFault.objects.get().cells == ["CUP", "heavy"]
    assert Sku.objects.get().code == "MUG"
    assert kept(settings) == 0
    assert files.forget_files(before=clock + DAY) == 0


def test_a_draft_that_nobody_started_goes_with_its_file(bring, clock, settings):
    bring("skus", "sku,weight\nMUG,350\n")
    assert files.forget_files(before=clock) == 0
    assert files.forget_files(before=clock + DAY) == 1
    assert not ImportRun.objects.exists()
    assert kept(settings) == 0


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_a_file_at_work_stays_however_old_it_is(bring, clock, settings, state):
    run = bring("skus", "sku,weight\nMUG,350\n")
    drafts.start(run, at=clock)
    ImportRun.objects.update(state=state)
    assert files.forget_files(before=clock + 99 * DAY) == 0
    assert kept(settings) == 1


def test_a_file_that_is_gone_from_the_disk_is_forgotten_all_the_same(take, clock, settings):
    run = take("skus", "sku,weight\nMUG,350\n")
    Path(run.file.path).unlink()
    assert files.forget_files(before=clock + DAY) == 1
    assert ImportRun.objects.get().file.name == ""


def test_so_many_files_go_a_call(take, bring, clock, settings):
    for number in range(3):
        take("skus", f"sku,weight\nMUG,{number}\n")
    bring("skus", "sku,weight\nMUG,9\n")
    assert [files.forget_files(before=clock + DAY, limit=2) for _call in range(3)] == [2, 2, 0]
    assert kept(settings) == 0


def test_a_file_that_cannot_be_read_leaves_nothing_behind(bring, settings):
    with pytest.raises(BadInput):
        bring("skus", b"\x00\x01\x02" * 99)
    assert not ImportRun.objects.exists()
    assert kept(settings) == 0
