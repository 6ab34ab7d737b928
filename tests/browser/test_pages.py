"""The HTML pages as people see them: in any width, dark and light, without script, and on paper."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Browser
from tests.reporting import evidence

COMPARED = ("compare", "compare-operations")
KINDS = ("check", "operations", *COMPARED, "conforming")
VISIBLE = "return [...document.querySelectorAll('[data-item]')].filter(each => each.checkVisibility())"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1600])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_accessible_and_fits(
    browser: Browser, pages: dict[str, Path], kind: str, width: int, dark: bool
) -> None:
    browser.open(pages[kind], width=width, dark=dark)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert browser.find_violations() == []
    assert browser.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", COMPARED)
def test_the_columns_of_compared_runs_are_in_sight(
    browser: Browser, pages: dict[str, Path], kind: str
) -> None:
    for width in (800, 1600):
        browser.open(pages[kind], width=width)
        hidden = "map(each => each.scrollWidth - each.clientWidth)"
        wide = f"return [...document.querySelectorAll('.scroll')].{hidden}"
        assert set(browser.run(wide)) == {0}
        starts = "return [...document.querySelectorAll('thead th:last-child')].map(each => each.offsetLeft)"
        assert len(set(browser.run(starts))) == 1


def test_ids_are_not_broken_on_a_small_screen(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["compare"], width=360)
    lines = "map(each => each.getClientRects().length)"
    assert set(browser.run(f"return [...document.querySelectorAll('tbody th code')].{lines}")) == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_refused_or_broken(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    browser.driver.get_log("performance")
    browser.list_messages()
    browser.open(pages[kind])
    assert browser.list_messages() == []
    sent = [json.loads(each["message"])["message"] for each in browser.driver.get_log("performance")]
    urls = {
        each["params"]["request"]["url"] for each in sent if each["method"] == "Network.requestWillBeSent"
    }
    assert urls <= {pages[kind].as_uri(), "data:,"}


def test_the_filter_shows_what_is_chosen(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    browser.run("document.querySelector('input[value=pass]').click()")
    shown = browser.run(f"{VISIBLE}.map(each => each.id)")
    assert shown == ["request.path"]
    assert browser.run("return document.querySelector('output').textContent") == "1 shown"
    browser.run("document.querySelector('input[name=tone][value=\"\"]').click()")
    search = browser.driver.find_element("css selector", "input[type=search]")
    search.send_keys("uppercase")
    assert "request.method" in browser.run(f"{VISIBLE}.map(each => each.textContent).join()")
    assert browser.run(f"{VISIBLE}.every(each => each.textContent.toLowerCase().includes('uppercase'))")


def test_everything_opens_and_folds(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    opened = "return [...document.querySelectorAll('details')].map(each => each.open)"
    for name, expected in (("Expand all", True), ("Collapse all", False)):
        browser.driver.find_element("xpath", f"//button[text()='{name}']").click()
        assert set(browser.run(opened)) == {expected}


def test_a_link_opens_the_failure_that_it_leads_to(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = false })")
    link = browser.driver.find_element("css selector", "ol.first a")
    target = link.get_attribute("href").partition("#")[2]
    link.click()
    # The page hears of a new fragment after the click has returned.
    opened = "return document.getElementById(arguments[0]).open"
    assert WebDriverWait(browser.driver, 10).until(lambda _: browser.run(opened, target))


def test_a_command_is_copied(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", permissions)
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    block = browser.driver.find_elements("css selector", ".finding")[-1]
    block.find_element("css selector", ".command button").click()
    copied = browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == evidence()["repeat"]


def test_a_page_is_whole_without_its_script(browser: Browser, pages: dict[str, Path]) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(pages["check"])
        assert not browser.driver.find_element("css selector", "form.filter").is_displayed()
        compared = browser.driver.find_element("css selector", ".compare")
        assert compared.is_displayed()
        browser.driver.find_element("css selector", ".finding summary").click()
        assert not compared.is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_printed_page_shows_every_failure(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    pdf = base64.b64decode(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")
    assert browser.run("return [...document.querySelectorAll('details')].every(each => each.open)")
    browser.open(pages["check"], media="print")
    assert not browser.driver.find_element("css selector", "form.filter").is_displayed()


def test_hostile_text_runs_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["check"])
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert browser.run("return document.images.length + document.scripts.length") == 1
    assert "<img src=x onerror=alert(1)>" in browser.driver.find_element("tag name", "main").text
