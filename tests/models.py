"""Models of sentence-transformers of a few kilobytes, with random weights."""

import json
import string
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WINDOW = 32
PAIR_WINDOW = 48
DIM = 16

_MARKERS = ("PAD", "UNK", "CLS", "SEP", "MASK")


def write_tiny_model(folder: Path, *, seed: int, prompts: Mapping[str, str]) -> Path:
    """Write a model that reads single letters into ``folder`` and return its path.

    It has no layer that scales its vectors, so that whoever runs it must.
    """
    import torch  # noqa: PLC0415
    from transformers import BertConfig, BertModel  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    tokenizer = _letters()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=DIM,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * DIM,
        max_position_embeddings=WINDOW,
        # Far from zero, so that different texts get clearly different vectors.
        initializer_range=1.0,
    )
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    BertModel(config).save_pretrained(folder)
    _save(tokenizer, folder)
    pooling = {"word_embedding_dimension": DIM, "pooling_mode_mean_tokens": True}
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
    ]
    (folder / "1_Pooling").mkdir()
    for name, content in (
        ("modules.json", modules),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", {"max_seq_length": WINDOW, "do_lower_case": False}),
        ("config_sentence_transformers.json", {"prompts": dict(prompts)}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def write_tiny_reranker(folder: Path, *, seed: int, labels: int = 1, prompt: str = "") -> Path:
    """Write a CrossEncoder that reads single letters into ``folder`` and return its path."""
    import torch  # noqa: PLC0415
    from sentence_transformers import CrossEncoder  # noqa: PLC0415
    from transformers import BertConfig, BertForSequenceClassification  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    tokenizer = _letters()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=2 * DIM,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=4 * DIM,
        max_position_embeddings=PAIR_WINDOW,
        # Far from zero, so that different pairs get clearly different scores.
        initializer_range=0.5,
    )
    config.num_labels = labels
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    raw = folder / "raw"
    BertForSequenceClassification(config).save_pretrained(raw)
    _save(tokenizer, raw)
    prompts = {"prompts": {"query": prompt}, "default_prompt_name": "query"} if prompt else {}
    CrossEncoder(str(raw), local_files_only=True, **prompts).save(str(folder / "model"))
    return folder / "model"


def _save(tokenizer: "Tokenizer", folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        **{f"{name.lower()}_token": f"[{name}]" for name in _MARKERS},
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)


def _letters() -> "Tokenizer":
    from tokenizers import (  # noqa: PLC0415
        Tokenizer,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    signs = string.ascii_lowercase + string.digits + string.punctuation
    words = [*(f"[{name}]" for name in _MARKERS), *signs, *(f"##{sign}" for sign in signs)]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=words[1]))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer
