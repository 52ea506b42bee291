from inventory.letters import storable


def test_what_no_database_takes_becomes_a_mark_and_all_else_stays():
    assert storable("a\0b\ud800c\udfff\n\U0001f600é") == "a\ufffdb\ufffdc\ufffd\n\U0001f600é"
