"""HTTP as suites script it and clauses read it: stub responses, and parsed request targets."""
