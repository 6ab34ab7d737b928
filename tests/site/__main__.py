"""`make site`: lay out the pages, and build the site from them, strictly: a broken link ends it."""

from __future__ import annotations

import sys

from tests.pages import ROOT
from tests.site.pages import build, lay_out

if __name__ == "__main__":
    lay_out(ROOT / "site" / "pages")
    sys.exit(not build(ROOT))
