"""What makes a live run safe: rules for requests, the rate limit, the allowed hosts, and the journal."""
