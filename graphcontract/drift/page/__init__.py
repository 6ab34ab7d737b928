"""Documentation pages of Microsoft Graph, read into facts."""
