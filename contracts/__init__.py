"""The contract files and their JSON Schema: data, no code."""
