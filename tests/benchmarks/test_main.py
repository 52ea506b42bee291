import pytest

from benchmarks import __main__ as command


@pytest.fixture
def ran(monkeypatch):
    """The benchmarks that would have been run; none of them is."""
    names = []
    monkeypatch.setattr(command, "run", lambda name: names.append(name) or name != "pages")
    return names


def test_help_lists_every_benchmark_with_what_it_measures_and_runs_none(ran, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out.partition("benchmarks:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == [*command.benchmarks()]
    assert "  kernel      The routing engine alone: `python -m benchmarks.kernel`." in "\n".join(listed)
    assert [line.split()[0] for line in listed if line.endswith(" *")] == ["stream", "week", "yardsticks"]
    assert ran == []


def test_every_benchmark_says_what_it_measures_in_its_first_line():
    assert [name for name, line in command.benchmarks().items() if not line.endswith(".")] == []


@pytest.mark.parametrize("name", ["kernle", "probes", "__main__"])
def test_a_wrong_name_is_refused_with_the_list_before_anything_starts(name, ran, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["kernel", name])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{name}: no such benchmark" in said
    assert "  kernel      The routing engine alone" in said
    assert ran == []


def test_benchmarks_run_in_the_order_they_are_named(ran):
    command.main(["week", "kernel", "stream"])
    assert ran == ["week", "kernel", "stream"]


def test_without_a_name_all_run_but_those_that_need_more(ran, capsys):
    with pytest.raises(SystemExit, match="Failed: pages"):
        command.main([])
    assert ran == [name for name in command.benchmarks() if name not in command.BY_NAME_ALONE]
    assert "kernel" in ran
