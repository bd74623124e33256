"""What `make bench` measures; figures in the documents come from here."""
