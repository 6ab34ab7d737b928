"""The service clauses against a tenant, safe there by construction."""
