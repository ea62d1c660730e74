"""Keys are known by their hashes, and a wrong one is never quoted."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.errors import SettingsError
from briefqa.settings import load_settings, origins
from briefqa.settings.keys import hashed, key_digest, new_key

_PLAIN = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=16).filter(
    lambda key: not key.startswith("sha256:")
)
_SECRET = "hunter2-hunter2-hunter2"  # noqa: S105 - nobody's


@pytest.fixture(autouse=True)
def nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the folder that the tests are started in has a say."""
    monkeypatch.chdir(tmp_path)


@given(key=_PLAIN)
def test_both_forms_of_a_key_are_the_same_key(key: str) -> None:
    """Whoever puts the hash into the file gives the same people access, and has no secret there."""
    assert key_digest(hashed(key)) == key_digest(key) == hashlib.sha256(key.encode()).digest()
    assert key_digest(hashed(key).upper().replace("SHA256", "sha256")) == key_digest(key)
    assert key not in hashed(key)


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_what_cannot_be_a_key_is_refused_unquoted(before: str, after: str) -> None:
    """An error ends up in logs and tickets."""
    # A part that no message could hold by chance.
    key = f"{before}canary{after}"
    is_sendable = re.fullmatch(r"[!-~]([ -~]*[!-~])?", key) is not None and len(key) >= 16
    if is_sendable and not key.startswith("sha256:"):
        assert len(key_digest(key)) == 32
        return
    with pytest.raises(ValueError, match=r"key|digits") as caught:
        key_digest(key)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("configured", ["sha256:", "sha256:" + "0" * 63, "sha256:" + "g" * 64])
def test_mistyped_hash_is_not_taken_for_a_key(configured: str) -> None:
    """Otherwise the text of the file would open the door, and the true key would not."""
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        key_digest(configured)


def test_new_keys_are_long_and_never_the_same() -> None:
    """One SHA-256 hides a key only if it cannot be guessed: 32 bytes in Base64 are 43 letters."""
    keys = {new_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(r"briefqa_[A-Za-z0-9_-]{43}", key) for key in keys)


def test_keys_come_from_file_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that many may read has the hashes, and the environment of a container the key."""
    (tmp_path / "briefqa.toml").write_text(f'[server.keys]\nalice = "{hashed("a" * 16)}"\n')
    monkeypatch.setenv("BRIEFQA_SERVER__KEYS__BOB", "b" * 16)
    monkeypatch.setenv("BRIEFQA_SERVER__ADMIN_KEY", "c" * 16)

    assert load_settings().server.key_digests() == {
        name: key_digest(letter * 16)
        for name, letter in [("alice", "a"), ("bob", "b"), ("admin", "c")]
    }
    kept = load_settings().server
    assert kept.keys["bob"].get_secret_value() == hashed("b" * 16)
    shown = {each.name: each.value for each in origins()}
    assert shown["server.keys.alice"] == shown["server.keys.bob"] == shown["server.admin_key"]
    assert set(shown["server.admin_key"]) == {"*"}


@pytest.mark.parametrize(
    "lines",
    [
        f'admin_key = "{_SECRET[:15]}"',
        f'admin_key = "sha256:{_SECRET}"',
        f'admin_key = ["{_SECRET}"]',
        f'keys = "{_SECRET}"',
        f'keys = ["{_SECRET}"]',
        f'[server.keys]\na = "{_SECRET[:15]}"',
        f'[server.keys]\n"{_SECRET.upper()}" = "alice"',
        f'[server.keys]\nadmin = "{_SECRET}"',
        f'[server.keys]\na = "{_SECRET}"\nb = "{_SECRET}"',
        f'[server.keys]\na = "{_SECRET}"\nb = "{hashed(_SECRET)}"',
        f'admin_key = "{_SECRET}"\n[server.keys]\na = "{_SECRET}"',
        f'[server.keys.a]\nkey = "{_SECRET}"',
        f'admin_keys = "{_SECRET}"\nport = 99999\n[server.keys]\na = "{_SECRET}"',
    ],
)
def test_no_error_shows_a_key(tmp_path: Path, lines: str) -> None:
    """Whatever is wrong, be it with the key or beside it, the message can be passed on."""
    (tmp_path / "briefqa.toml").write_text(f"[server]\n{lines}\n")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert "server" in str(caught.value)
    assert _SECRET[:15] not in str(caught.value).lower()
