"""Vocabulary and mathematics: everything that runs without a network or a database."""
