"""The app's settings: safe where it stands, and legible in both themes."""

from __future__ import annotations

import tomllib

import pytest


@pytest.fixture(scope="module")
def config(root):
    return tomllib.loads((root / ".streamlit" / "config.toml").read_text())


def luminance(color):
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_server_listens_to_this_machine_and_tells_nobody_anything(config):
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableXsrfProtection"]
    assert not config["server"]["enableStaticServing"]
    assert not config["browser"]["gatherUsageStats"]
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["toolbarMode"] == "viewer"
    assert not config["server"]["showEmailPrompt"]


def test_the_menu_is_the_apps_own(config):
    assert config["client"]["showSidebarNavigation"] is False


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(config, theme):
    colors = config["theme"][theme]
    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(colors["textColor"], colors[ground]) >= 7
        assert contrast(colors["linkColor"], colors[ground]) >= 4.5
    assert contrast("#FFFFFF", colors["primaryColor"]) >= 4.5
    assert contrast(colors["primaryColor"], colors["backgroundColor"]) >= 3
    side = colors["sidebar"]["backgroundColor"]
    assert contrast(colors["textColor"], side) >= 7
