"""What nobody sees on a page is not read."""

import pytest
from tests.unit.documents.web_pages import shown


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>gone</p>",
        "<div aria-hidden=true>gone</div>",
        "<p style='DISPLAY : NONE'>gone</p>",
        "<p style='color:red;visibility:hidden'>gone</p>",
        "<div style='display:none'><div><p>gone</p></div></div>",
        "<p class='a hid'>gone</p>",
        "<p id=away>gone</p>",
        "<span class=visually-hidden>gone</span>",
        "<dialog>gone</dialog>",
        "<select><option>gone</select>",
        "<label>gone</label>",
        "<button>gone</button>",
        "<svg><title>gone</title></svg>",
        "<template>gone</template>",
        "<!-- gone -->",
        "<img alt=gone title=gone>",
        "<math><mi>x</mi><annotation>gone</annotation></math>",
        "<sup class=reference><a href=#n>gone</a></sup>",
    ],
)
def test_what_is_hidden_is_not_read(hidden: str) -> None:
    """Text that no person sees may be there to steer a machine."""
    sheet = "<style>.other, .hid{display:none} #away { display : none }</style>"

    assert "gone" not in shown(f"<p>Seen.</p>{hidden}", head=sheet)


@pytest.mark.parametrize(
    "seen",
    [
        "<p hidden=until-found>seen</p>",
        "<p aria-hidden=false>seen</p>",
        "<p style='display:nonesuch'>seen</p>",
        "<p class=tab>seen</p>",
        "<p class=narrow>seen</p>",
        "<p class=inner>seen</p>",
        "<dialog open>seen</dialog>",
        "<details><summary>More</summary>seen</details>",
        "<h3><button>seen</button></h3>",
        "<form><fieldset><p>seen</p></fieldset></form>",
        "<i class=mwe-math style='display:none'><math alttext='{\\displaystyle seen}'></math></i>",
    ],
)
def test_what_may_be_seen_is_read(seen: str) -> None:
    """Style sheets hide parts of a page for one device, or until a person asks for them."""
    sheet = (
        "<style>.tab{display:none}.tab.active{display:block}.outer .inner{display:none}"
        "@media (max-width:9em){.narrow{display:none}}</style>"
    )

    assert "seen" in shown(f"<p>Text.</p>{seen}", head=sheet)


def test_a_page_that_hides_itself_until_its_scripts_run_is_read() -> None:
    """Many pages start out invisible, so as not to flicker."""
    assert shown("<p>Text.", head="<style>body{visibility:hidden}</style>") == "Text."
    assert shown("</head><body style='display:none'><p>Text.") == "Text."
