import pytest
from cryptography.fernet import Fernet

from dom_project.lib import crypto


def test_locked_text_opens_with_an_older_key_after_a_rotation(settings):
    locked = crypto.encrypt("ann@example.org")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert crypto.decrypt(locked) == "ann@example.org"
    assert crypto.encrypt("ann@example.org") != locked


def test_text_locked_with_a_lost_key_is_an_error(settings):
    locked = crypto.encrypt("ann@example.org")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ValueError, match="None of FIELD_KEYS opens"):
        crypto.decrypt(locked)


def test_a_hash_finds_the_same_text_after_a_rotation(settings):
    before = crypto.keyed_hash("ann@example.org")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert crypto.keyed_hash("ann@example.org") == before
    assert crypto.keyed_hash("bob@example.org") != before


def test_a_column_locks_what_it_stores_and_keeps_empty_text_empty():
    column = crypto.EncryptedText()
    stored = column.get_prep_value("secret")
    assert "secret" not in stored
    assert column.from_db_value(stored) == "secret"
    assert column.get_prep_value("") == ""
