"""What is set of limits is what the service holds to."""

from dataclasses import asdict

from briefqa.api.limiting import Limits
from briefqa.cli.serving import _limits
from briefqa.settings import LimitSettings


def test_limits_of_the_settings_are_those_of_the_program() -> None:
    """One default each, however the service is started."""
    assert _limits(LimitSettings()) == Limits()


def test_each_setting_changes_its_limit_and_no_other() -> None:
    """A number that is set in vain would be found out under load."""
    before = asdict(Limits())
    for name in LimitSettings.model_fields:
        value = 50
        after = asdict(_limits(LimitSettings.model_validate({name: value})))

        changed = {key for key in before if before[key] != after[key]}
        assert changed == {name.replace("kilobytes", "bytes")}
        assert after[changed.pop()] == (value * 1024 if name == "body_kilobytes" else value)
