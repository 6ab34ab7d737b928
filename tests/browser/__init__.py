"""The HTML pages in a real browser: `make test-browser` runs these tests, `make test` does not."""
