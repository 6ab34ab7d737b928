"""The reference tenant: a service that honours the contract, or breaks one clause of it by name."""
