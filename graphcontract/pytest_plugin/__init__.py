"""The pytest plugin: one test item for each clause, for clients and for tenants."""
