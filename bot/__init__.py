"""What decides, acts on GitHub and remembers."""
