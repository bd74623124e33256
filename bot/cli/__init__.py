"""`triage ...`: one file per command; parse, call, print."""
