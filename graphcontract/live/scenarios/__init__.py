"""What a live run does against a tenant: each scenario yields requests and receives what they showed."""
