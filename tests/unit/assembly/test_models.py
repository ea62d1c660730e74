"""Language models as the settings describe them."""

import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from briefqa.assembly import models
from briefqa.assembly.models import load_model, writers
from briefqa.backends.openai.model import OpenAIModel
from briefqa.datatypes import Message, ModelDescription
from briefqa.errors import BackendError, SettingsError, UnknownModelError, UnknownPluginError
from briefqa.protocols import Progress
from briefqa.settings import load_settings, origins

_PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-a-language-model.md"
_TWO = """
model = "small"

[models.small]
base_url = "http://127.0.0.1:11434/v1/"
model = "llama3.2:3b"
max_tokens = 200
options = { top_p = 0.5 }

[models.hosted]
base_url = "https://api.example.org/v1"
api_key_env = "EXAMPLE_KEY"
temperature = "server"
"""


@pytest.fixture(autouse=True)
def _two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "briefqa.toml").write_text(_TWO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


class _Fake:
    """A model that a plug-in might make."""

    model_id = "fake"
    context_tokens = 512

    def count_tokens(self, text: str, /) -> int:
        return len(text)

    def stream(
        self, messages: Sequence[Message], /, *, max_tokens: int, timeout_s: float
    ) -> Generator[str, None, None]:
        yield f"{len(messages)} {max_tokens} {timeout_s}"


class _Plugin:
    def __init__(self) -> None:
        self.given: list[ModelDescription] = []

    def load(self, description: ModelDescription, /) -> _Fake:
        self.given.append(description)
        return _Fake()


def test_models_are_those_of_the_file_and_the_local_one() -> None:
    """One that needs no settings is always there to be tried."""
    found = writers(load_settings())

    assert sorted(found) == ["hosted", "local", "small"]
    assert found.description("small") == ModelDescription(
        "small",
        base_url="http://127.0.0.1:11434/v1",
        model="llama3.2:3b",
        max_tokens=200,
        options={"top_p": 0.5},
    )
    assert found.description("hosted").temperature is None
    assert found.description("local").kind == "local"


def test_the_local_model_keeps_its_kind_when_it_is_described(tmp_path: Path) -> None:
    """Whoever only wants longer answers of it need not know what it is."""
    (tmp_path / "briefqa.toml").write_text("[models.local]\nmax_tokens = 99\n", encoding="utf-8")

    found = writers(load_settings()).description("local")

    assert (found.kind, found.max_tokens) == ("local", 99)


def test_a_server_may_be_called_local(tmp_path: Path) -> None:
    """A name is a name."""
    (tmp_path / "briefqa.toml").write_text(
        '[models.local]\nbase_url = "http://127.0.0.1:1/v1"\n', encoding="utf-8"
    )

    assert writers(load_settings()).description("local").kind == "openai"


def test_a_model_comes_from_the_environment_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container has no file of settings."""
    monkeypatch.setenv("BRIEFQA_MODELS__OTHER__BASE_URL", "http://127.0.0.1:1/v1")

    assert isinstance(load_model(load_settings(), "other"), OpenAIModel)


def test_an_unknown_model_lists_the_known_ones() -> None:
    """The list is the answer to the typing error."""
    with pytest.raises(UnknownModelError, match="there are hosted, local, small"):
        load_model(load_settings(), "smal")


def test_a_key_that_is_not_set_is_told_when_the_model_is_wanted() -> None:
    """And not before: the other models need none."""
    found = writers(load_settings())

    with pytest.raises(SettingsError, match="EXAMPLE_KEY, which is not set"):
        found["hosted"]
    assert found["small"].model.model_id == "small:llama3.2:3b"


def test_models_are_loaded_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of them must start nothing; a second answer must start nothing again."""
    plugin, told = _Plugin(), list[Progress]()
    monkeypatch.setattr(models, "language_model_plugin", lambda _: plugin)
    found = writers(load_settings(), on_progress=told.append)

    assert "small" in found
    assert "other" not in found
    assert len(found) == len(list(found)) == 3
    assert plugin.given == []
    assert found["small"] is found["small"]
    assert [each.name for each in plugin.given] == ["small"]
    assert told == []

    assert found["local"] is found["local"]
    assert [(each.stage, each.done) for each in told] == [
        ("language model", 0),
        ("language model", 1),
    ]


def test_an_installed_package_may_bring_a_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever speaks another protocol is a class and an entry point away."""
    (tmp_path / "their_models.py").write_text(
        "class Model:\n"
        "    def __init__(self, description):\n"
        "        self.model_id = description.name\n"
        "        self.given = description\n"
        "load = Model\n",
        encoding="utf-8",
    )
    about = tmp_path / "their_models-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: their-models\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[briefqa.language_models]\ntheirs = their_models\n", encoding="utf-8"
    )
    (tmp_path / "briefqa.toml").write_text(
        '[models.a]\nkind = "theirs"\noptions = { x = [1] }\n[models.b]\nkind = "thiers"\n',
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    model = load_model(load_settings(), "a")

    assert model.model_id == "a"
    assert vars(model)["given"].options == {"x": [1]}
    with pytest.raises(UnknownPluginError, match="installed are: local, openai, theirs"):
        load_model(load_settings(), "b")


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('base_url = "127.0.0.1:11434"', "expected an address such as"),
        ('base_url = "ftp://127.0.0.1/v1"', "expected an address such as"),
        ('base_url = "http://me:canary-4f1d@host/v1"', "holds no user, key or question mark"),
        ('base_url = "http://host/v1?key=canary-4f1d"', "holds no user, key or question mark"),
        ('api_key = "canary-4f1d0b7a"', r"models\.x\.api_key"),
        ('api_key_env = "canary-4f1d0b7a"', r"models\.x\.api_key_env"),
        ("temperature = 3", "found 3"),
        ("max_tokens = 1", "found 1"),
        ("timeout_s = 0", "found 0"),
        ("unknown = 1", r"models\.x\.unknown"),
        ('options = { api_key = "canary-4f1d0b7a" }', "api_key_env is for the key"),
        ('options = { a = [{ Authorization = "canary-4f1d" }] }', "api_key_env is for the key"),
    ],
)
def test_a_description_that_will_not_do_is_told_without_any_key(
    written: str, complaint: str, tmp_path: Path
) -> None:
    """A key in the wrong place must not be copied into a log by the error about it."""
    (tmp_path / "briefqa.toml").write_text(f"[models.x]\n{written}\n", encoding="utf-8")

    with pytest.raises(SettingsError, match=complaint) as raised:
        load_settings()

    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("name", ["extractive", "a b", "-x", "", "ü"])
def test_names_that_cannot_be_asked_for_are_refused(name: str, tmp_path: Path) -> None:
    """One of them stands for no model at all."""
    (tmp_path / "briefqa.toml").write_text(f'[models."{name}"]\n', encoding="utf-8")

    with pytest.raises(SettingsError, match="cannot be called"):
        load_settings()


def test_the_descriptions_in_the_documentation_are_understood(tmp_path: Path) -> None:
    """They are copied as they stand."""
    page = _PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(\[models\..*?)```", page, re.DOTALL)

    assert len(blocks) >= 7
    for block in blocks:
        (tmp_path / "briefqa.toml").write_text(block, encoding="utf-8")
        assert len(writers(load_settings())) == 2, block


def test_the_settings_in_force_show_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """`config show` goes into tickets and chats."""
    monkeypatch.setenv("EXAMPLE_KEY", "canary-4f1d0b7a")

    shown = {each.name: (each.value, each.origin) for each in origins()}

    assert shown["models.hosted.api_key_env"] == ("EXAMPLE_KEY", "file (briefqa.toml)")
    assert shown["models.small.timeout_s"] == ("60.0", "default")
    assert "canary" not in str(shown)


def test_the_client_that_is_not_installed_is_told_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is an extra, because most questions need none of it."""
    monkeypatch.setitem(sys.modules, "openai", None)
    for name in [name for name in sys.modules if name.startswith("briefqa.backends.openai.")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(BackendError, match=r"needs openai, .*pip install 'briefqa\[models\]'"):
        load_model(load_settings(), "small")


def test_a_model_in_the_settings_is_not_imported_before_it_is_wanted() -> None:
    """The client costs a third of a second, which an extractive answer must not wait for."""
    program = (
        "import sys\n"
        "from briefqa.assembly.models import writers\n"
        "from briefqa.settings import load_settings\n"
        "assert 'small' in writers(load_settings())\n"
        "print(*{'openai', 'tiktoken', 'xllamacpp', 'httpx2'} & set(sys.modules))\n"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []
