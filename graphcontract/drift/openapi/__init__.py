"""OpenAPI descriptions, read into facts in bounded memory."""
