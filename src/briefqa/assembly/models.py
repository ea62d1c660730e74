"""Gives the language models that the settings describe, by name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from briefqa.answering import Writer
from briefqa.datatypes import ModelDescription
from briefqa.errors import UnknownModelError
from briefqa.plugins import language_model_plugin
from briefqa.protocols import LanguageModel, Progress, ProgressListener

if TYPE_CHECKING:
    # The settings need pydantic, which a script that has a model of its own does not.
    from briefqa.settings import Settings

_STAGE = "language model"

EXTRACTIVE = "extractive"
"""In place of a language model's name: none, whatever the default is."""

LOCAL = "local"
"""Name and kind of the small model that runs on this machine, described or not."""


class Writers(Mapping[str, Writer]):
    """The language models that may be asked for; each is loaded when it first is.

    Safe to use from several threads.
    """

    def __init__(
        self,
        descriptions: Mapping[str, ModelDescription],
        *,
        on_progress: ProgressListener | None = None,
    ) -> None:
        """Take the descriptions of all there are, by name; nothing is loaded yet.

        Args:
            descriptions: The models by name.
            on_progress: Told of stage ``language model`` while the local one is started.
        """
        self._descriptions = dict(descriptions)
        self._tell = on_progress or _ignore
        self._loaded: dict[str, Writer] = {}
        self._lock = Lock()

    def description(self, name: str) -> ModelDescription:
        """Return what the settings say of a model.

        Raises:
            UnknownModelError: If there is none of that name.
        """
        try:
            return self._descriptions[name]
        except KeyError as error:
            raise UnknownModelError(name, known=sorted(self._descriptions)) from error

    def __getitem__(self, name: str) -> Writer:
        """Return a model, ready to use, and what it may take.

        Raises:
            KeyError: If there is none of that name.
            UsageError: If its description will not do.
            BackendError: If it cannot be loaded.
        """
        description = self._descriptions[name]
        with self._lock:
            if name not in self._loaded:
                is_slow = description.kind == LOCAL
                if is_slow:
                    self._tell(Progress(_STAGE, 0, 1))
                self._loaded[name] = Writer(
                    language_model_plugin(description.kind).load(description),
                    max_tokens=description.max_tokens,
                    timeout_s=description.timeout_s,
                )
                if is_slow:
                    self._tell(Progress(_STAGE, 1, 1))
            return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        # The inherited one would load the model to see.
        return name in self._descriptions

    def __iter__(self) -> Iterator[str]:
        return iter(self._descriptions)

    def __len__(self) -> int:
        return len(self._descriptions)


def writers(settings: "Settings", *, on_progress: ProgressListener | None = None) -> Writers:
    """Return all language models that the settings describe, and the local one."""
    found = {LOCAL: ModelDescription(LOCAL, kind=LOCAL)}
    for name, each in settings.models.items():
        description = ModelDescription(name=name, **each.model_dump())
        if name == LOCAL and each.base_url is None and "kind" not in each.model_fields_set:
            description = replace(description, kind=LOCAL)
        found[name] = description
    return Writers(found, on_progress=on_progress)


def load_model(settings: "Settings", name: str) -> LanguageModel:
    """Return the language model of a name, ready to use.

    Raises:
        UnknownModelError: If the settings describe none of that name.
        UnknownPluginError: If nothing installed makes models of its kind.
        SettingsError: If its description will not do.
        BackendError: If it cannot be loaded.
    """
    found = writers(settings)
    found.description(name)
    return found[name].model


def chosen_writer(
    writers: Mapping[str, Writer], asked_for: str | LanguageModel | None
) -> Writer | None:
    """Return what is to write an answer: one of ``writers``, the model itself, or nothing.

    Raises:
        UnknownModelError: If ``asked_for`` is none of their names.
        BackendError: If it cannot be loaded.
    """
    if asked_for is None or isinstance(asked_for, str):
        check_writer(writers, asked_for)
        return None if asked_for in {None, EXTRACTIVE} else writers[str(asked_for)]
    return Writer(asked_for)


def check_writer(writers: Mapping[str, Writer], name: str | None) -> None:
    """Refuse the name of a language model that is not there; nothing is loaded.

    Raises:
        UnknownModelError: If it is none of ``writers``, nor "extractive".
    """
    if name is not None and name != EXTRACTIVE and name not in writers:
        raise UnknownModelError(name, known=sorted(writers))


def _ignore(_: Progress) -> None:
    pass
