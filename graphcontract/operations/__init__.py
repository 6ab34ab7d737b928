"""Judges many operations of one client: a handful of calls for each, and one report of each fault."""
