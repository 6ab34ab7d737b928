"""Runs the service clauses against a tenant, without changing anything that exists there by default."""
