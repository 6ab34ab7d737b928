"""What keeps a live run safe: which requests may be sent, when and to whom, and the journal."""
