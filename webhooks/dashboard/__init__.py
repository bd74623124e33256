"""The maintainers' dashboard: pages that are read, acts that are posted, and who may do either."""
