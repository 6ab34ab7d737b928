"""What is published about an action, read into facts and compared with its contract."""
