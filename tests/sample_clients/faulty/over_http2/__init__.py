"""Faulty clients over HTTP/2 that violate clauses on any version of HTTP, by subject."""
