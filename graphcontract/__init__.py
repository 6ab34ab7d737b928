"""Does a client of a Microsoft Graph action honour its contract? Clause by clause, with evidence."""
