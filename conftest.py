"""Lets `pytest suites --graph-client CLIENT` work in a checkout, installed or not."""

pytest_plugins = ["graphcontract.pytest_plugin.plugin"]
