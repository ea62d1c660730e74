"""Finding models by name."""

from pathlib import Path

import pytest

from briefqa.assembly import local_model
from briefqa.backends import hashing, openai, sentence_transformers
from briefqa.backends.sentence_transformers import reranker
from briefqa.errors import BackendError, UnknownPluginError
from briefqa.plugins import embedder_plugin, language_model_plugin, reranker_plugin, split_spec


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("hash", ("hash", "")),
        ("hash:64", ("hash", "64")),
        ("sentence-transformers:C:/models/a:b", ("sentence-transformers", "C:/models/a:b")),
        ("", ("", "")),
    ],
)
def test_only_the_first_colon_splits(spec: str, parts: tuple[str, str]) -> None:
    """Arguments are paths and names, which may hold colons of their own."""
    assert split_spec(spec) == parts


def test_built_in_embedders_are_registered() -> None:
    """They come the way any other does, so that way is known to work."""
    assert embedder_plugin("hash") is hashing
    assert embedder_plugin("sentence-transformers") is sentence_transformers


def test_rerankers_are_a_group_of_their_own() -> None:
    """One name may stand for an embedder and for a reranker, and each is found as such."""
    assert reranker_plugin("sentence-transformers") is reranker
    with pytest.raises(UnknownPluginError, match=r"briefqa\.rerankers"):
        reranker_plugin("hash")


def test_built_in_language_models_are_registered() -> None:
    """One for all servers, and one that needs none."""
    assert language_model_plugin("openai") is openai
    assert language_model_plugin("local") is local_model
    with pytest.raises(UnknownPluginError, match=r"briefqa\.language_models.*: local, openai"):
        language_model_plugin("opneai")


def test_an_unknown_name_lists_what_there_is() -> None:
    """The list is the answer to the typing error."""
    with pytest.raises(
        UnknownPluginError, match="installed are: hash, int8, sentence-transformers"
    ):
        embedder_plugin("hsah")


def test_an_installed_package_may_bring_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extension point of the whole project, tried as another package would."""
    (tmp_path / "theirs.py").write_text("def identify(argument): return f'theirs:{argument}@1'\n")
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[briefqa.embedders]\ntheirs = theirs\nbroken = no_such_module_of_theirs\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    assert embedder_plugin("theirs").identify("x") == "theirs:x@1"
    with pytest.raises(BackendError, match="no_such_module_of_theirs"):
        embedder_plugin("broken")
