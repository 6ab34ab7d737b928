"""One run of the suites against a client: options, client set-up, diagnosis, single cases, Ctrl-C."""
