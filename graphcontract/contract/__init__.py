"""The contract: its model, and how a contract file is found, read, validated and shown."""
