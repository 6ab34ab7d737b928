"""The pytest plugin: one item a clause, for clients and for tenants."""
