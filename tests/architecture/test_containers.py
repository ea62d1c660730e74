"""What the image and the compose file promise, as far as that shows without an engine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from dockerfile import Instruction, environment, only, read_dockerfile
from image import EXTRAS, STEPS

from briefqa.settings import Settings

_COMPOSE = "docker-compose.yml"
# Interpolated by compose: ${NAME:-default} or ${NAME:?what to do}.
_VARIABLE = re.compile(r"\$\{(\w+)(:[-?])?")
_TAG = re.compile(r"[\w./-]+:[\w.-]*\d[\w.-]*")
# Made for root, and writes into its own folders: it keeps root's name, without root's rights.
_NOT_OURS = {"open-webui"}


@pytest.fixture(scope="module")
def stages(repository: Path) -> list[list[Instruction]]:
    """The stages of the Dockerfile."""
    return read_dockerfile(repository / "Dockerfile")


@pytest.fixture(scope="module")
def compose(repository: Path) -> dict[str, Any]:  # Any: a parsed YAML file
    """The compose file, anchors resolved and variables not."""
    parsed: dict[str, Any] = yaml.safe_load((repository / _COMPOSE).read_text(encoding="utf-8"))
    return parsed


def test_compose_file_is_valid_by_the_compose_specification(repository: Path) -> None:
    """A name with a slip in it is ignored by some engines, and its protection with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    done = subprocess.run(
        [*command, repository / _COMPOSE], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_accepts_the_file(repository: Path, tmp_path: Path) -> None:
    """What the schema cannot see, such as a variable that is needed, compose itself does."""
    docker = shutil.which("docker")
    if docker is None or not _runs(docker, "compose", "version"):
        pytest.skip("needs docker with its plug-in compose")
    folder = ["--project-directory", str(tmp_path), "-f", str(repository / _COMPOSE)]

    refused, accepted = (
        subprocess.run(
            [docker, "compose", *folder, "--profile", "*", "config", "--quiet"],
            env={"PATH": str(Path(docker).parent), **key},
            check=False,
            capture_output=True,
            text=True,
        )
        for key in ({}, {"BRIEFQA_KEY": "a key of some length"})
    )

    assert refused.returncode
    assert "BRIEFQA_KEY" in refused.stderr
    assert accepted.returncode == 0, accepted.stderr


def _runs(*command: str) -> bool:
    return not subprocess.run(command, check=False, capture_output=True).returncode


def test_linter_of_dockerfiles_has_nothing_to_say(repository: Path) -> None:
    """It knows more mistakes than the tests below."""
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("needs hadolint, which no package index carries whole")

    done = subprocess.run(
        [hadolint, repository / "Dockerfile"], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def test_without_profiles_only_the_service_starts(compose: dict[str, Any]) -> None:
    """A frontend or a model is several gigabytes that nobody asked for."""
    services = compose["services"]

    assert {name for name, each in services.items() if "profiles" not in each} == {
        "briefqa", "index",
    }  # fmt: skip
    assert services["model"]["profiles"] == ["model"]
    assert services["open-webui"]["profiles"] == ["open-webui"]


def test_every_container_is_confined(
    compose: dict[str, Any], stages: list[list[Instruction]]
) -> None:
    """Whoever breaks into one is no user of the machine, and can change nothing there."""
    user = only(stages[-1], "USER").value

    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] <= 512, name
        assert service["mem_limit"], name
        assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service), name
        assert not any("docker.sock" in volume for volume in service["volumes"]), name
        if name not in _NOT_OURS:
            assert service["read_only"] is True, name
            assert service["user"] == user, name
            assert service["tmpfs"], name


def test_documents_and_models_are_mounted_for_reading_only(compose: dict[str, Any]) -> None:
    """A service that answers questions has no reason to change what it answers from."""
    writable = {
        (name, volume.split(":")[-1])
        for name, service in compose["services"].items()
        for volume in service["volumes"]
        if not volume.endswith(":ro")
    }

    assert writable == {("index", "/index"), ("open-webui", "/app/backend/data")}


def test_ports_are_published_on_this_machine_alone(compose: dict[str, Any]) -> None:
    """A port without an address is open to the whole network, firewalls included."""
    published = [port for each in compose["services"].values() for port in each.get("ports", [])]

    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_indexing_and_the_model_reach_no_network(compose: dict[str, Any]) -> None:
    """Neither needs one, so what a hostile document or model says cannot leave."""
    services = compose["services"]

    assert services["index"]["network_mode"] == "none"
    assert services["model"]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}


def test_services_that_stay_are_checked_and_waited_for(
    compose: dict[str, Any], stages: list[list[Instruction]]
) -> None:
    """What starts before what it needs fails once, and is then restarted for ever."""
    services = compose["services"]

    assert only(stages[-1], "HEALTHCHECK").value
    for name in ("model", "open-webui"):
        assert services[name]["healthcheck"]["test"], name
    assert services["briefqa"]["depends_on"] == {
        "index": {"condition": "service_completed_successfully"}
    }
    assert services["open-webui"]["depends_on"]["briefqa"] == {"condition": "service_healthy"}


def test_images_are_of_one_version(
    compose: dict[str, Any], stages: list[list[Instruction]], repository: Path
) -> None:
    """What `latest` is changes over night."""
    base = re.search(r"^ARG PYTHON=(\S+)$", (repository / "Dockerfile").read_text(), re.MULTILINE)
    assert base is not None
    images = {each["image"] for each in compose["services"].values()}

    assert {stage[0].value.split()[0] for stage in stages} == {"python:${PYTHON}"}
    assert re.fullmatch(r"3\.11\.\d+-slim-\w+", base[1])
    assert [image for image in images if not _TAG.fullmatch(image)] == []


def test_every_variable_is_in_the_example_of_an_env_file(
    compose: dict[str, Any], repository: Path
) -> None:
    """It is the one place where a reader sees what can be set; and only the key has no default."""
    text = (repository / _COMPOSE).read_text(encoding="utf-8")
    example = (repository / ".env.example").read_text(encoding="utf-8")
    used = dict(_VARIABLE.findall(text))
    passed_on = {
        name for name, value in compose["services"]["briefqa"]["environment"].items() if not value
    }

    shown = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))

    assert {name for name, kind in used.items() if kind != ":-"} == {"BRIEFQA_KEY"}
    assert (set(used) | passed_on) - {"OPEN_WEBUI_PORT"} <= shown
    assert shown - set(used) - passed_on == {"COMPOSE_PROFILES"}


def _with_defaults(value: str) -> str:
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)


def test_variables_for_briefqa_are_settings(
    compose: dict[str, Any], stages: list[list[Instruction]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that briefqa does not know keeps it from starting."""
    for name, value in environment(stages[-1]).items():
        monkeypatch.setenv(name, value)
    example = {
        "BRIEFQA_SERVER__KEYS__COMPOSE": "a key of some length",
        "BRIEFQA_MODEL": "small",
        "BRIEFQA_MODELS__SMALL__BASE_URL": "http://model:8080/v1",
        "BRIEFQA_MODELS__SMALL__CONTEXT_TOKENS": "8192",
    }
    for name, value in compose["services"]["briefqa"]["environment"].items():
        monkeypatch.setenv(name, example.get(name) or _with_defaults(value))

    settings = Settings()

    assert settings.server.host == "0.0.0.0"  # noqa: S104 - inside the container
    assert settings.server.port == int(only(stages[-1], "EXPOSE").value)
    assert settings.index == only(stages[-1], "VOLUME").value
    assert set(settings.server.keys) == {"compose"}
    assert settings.server.allowed_hosts == ["briefqa", "briefqa.localhost"]
    assert settings.models["small"].context_tokens == 8192
    frontend = compose["services"]["open-webui"]["environment"]
    address = urlsplit(_with_defaults(frontend["OPENAI_API_BASE_URLS"]))
    assert (address.hostname, address.port) == ("briefqa.localhost", settings.server.port)
    assert address.path == "/v1"
    assert address.hostname in compose["services"]["briefqa"]["networks"]["inside"]["aliases"]


def test_image_runs_as_a_user_without_rights_and_ends_when_told(
    stages: list[list[Instruction]],
) -> None:
    """A shell in between would swallow the signal; a name of a user cannot be checked for root."""
    runtime = stages[-1]

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", only(runtime, "USER").value)
    for name in ("ENTRYPOINT", "CMD"):
        assert only(runtime, name).value.startswith("["), name
    assert only(runtime, "STOPSIGNAL").value == "SIGTERM"
    # Nothing after it could still write as root.
    assert [each.name for each in runtime].index("USER") > max(
        place for place, each in enumerate(runtime) if each.name in {"RUN", "COPY"}
    )


def test_build_takes_every_step_once_and_in_order(stages: list[list[Instruction]]) -> None:
    """`make image-check` takes the same, so what it finds holds for the image."""
    taken = [each.words for each in stages[0] if each.name == "RUN" and "python" in each.words]

    assert [words[2] for words in taken] == list(STEPS)
    (copied,) = (each for each in stages[-1] if each.name == "COPY")
    assert {words[-1] for words in taken} == set(copied.words) == {"/opt/briefqa"}
    assert copied.flags == {"from": "build"}


def test_build_copies_what_is_there_and_not_ignored(
    stages: list[list[Instruction]], repository: Path
) -> None:
    """A file that is left out of the context fails a build after minutes."""
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}

    copied = {
        source for each in stages[0] if each.name == "COPY" for source in each.words[:-1]
    }  # fmt: skip

    assert "*" in lines
    assert let_in == copied
    assert all((repository / source).exists() for source in copied)


def test_extras_of_the_image_exist(project_extras: set[str]) -> None:
    """An extra that was renamed would be left out without a word."""
    assert set(EXTRAS) <= project_extras


@pytest.fixture(scope="module")
def project_extras(repository: Path) -> set[str]:
    """Names of the extras in `pyproject.toml`."""
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    section = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    return set(re.findall(r"^([a-z-]+) = \[", section, re.MULTILINE))
