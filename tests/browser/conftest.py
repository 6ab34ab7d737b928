"""A headless Chromium, and the pages that it opens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from graphcontract.reporting.comparison import compare_operations, compare_reports
from graphcontract.reporting.comparison_files import write_html
from graphcontract.reporting.html_report import Html, OperationsHtml
from graphcontract.reporting.operations_reader import read_operations_report
from graphcontract.reporting.report_reader import read_report
from tests.operations import AnyOperation
from tests.operations.many import run_many
from tests.reporting import events_of
from tests.reporting.test_html import PARTS, Putting, write

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


class Browser:
    """Chromium, with what a test asks of it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1000, dark: bool = False, media: str = "") -> None:
        """Open a page in a window of this width."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})
        self.driver.get(page.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def find_violations(self) -> list[str]:
        """What axe finds against accessibility. The driver runs it, whatever the page's policy says."""
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "axe.run(document).then(arguments[0], error => arguments[0]({error: String(error)}))"
        )
        assert "error" not in found, found
        return [
            f"{each['id']}: {node['html'][:200]}: {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def list_messages(self) -> list[str]:
        """What the console says: errors of scripts, and what the page's policy refused."""
        return [each["message"] for each in self.driver.get_log("browser")]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium, service = (shutil.which(name) for name in ("chromium", "chromedriver"))
    assert chromium, "there is no chromium here"
    assert service, "there is no chromedriver here"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for each in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(service))
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind, with hostile text wherever a client or a service can put some."""
    folder = tmp_path_factory.mktemp("pages")
    events = events_of(*PARTS)
    (folder / "report.jsonl").write_text(
        "".join(f"{json.dumps(each)}\n" for each in events), encoding="utf-8"
    )
    report = read_report(str(folder / "report.jsonl"))
    many = run_many(Putting().cancel, profile="quick").events
    (folder / "many.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in many), encoding="utf-8")
    read = read_operations_report(str(folder / "many.jsonl"))
    texts = {
        "check": write(Html, events),
        "operations": write(OperationsHtml, many),
        "compare-operations": "".join(write_html(compare_operations([read, read]))),
        "compare": "".join(write_html(compare_reports([report, report]))),
        "conforming": write(OperationsHtml, run_many(AnyOperation().cancel, profile="quick").events),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}
