"""Keeps the model libraries' own bars and notes off the terminal while they work for us."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hub_silenced() -> Iterator[None]:
    """Run the block without huggingface_hub's progress bars."""
    from huggingface_hub.utils.tqdm import (  # noqa: PLC0415
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    was_disabled = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not was_disabled:
            enable_progress_bars()


@contextmanager
def transformers_silenced() -> Iterator[None]:
    """Run the block without transformers' progress bars, notes below errors, and warnings."""
    with warnings.catch_warnings():
        # They concern the libraries' authors: nobody who runs a command can act on them.
        warnings.simplefilter("ignore")
        from transformers.utils import logging  # noqa: PLC0415

        had_bars = logging.is_progress_bar_enabled()
        verbosity = logging.get_verbosity()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if had_bars:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]
