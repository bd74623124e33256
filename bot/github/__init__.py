"""The only door to GitHub: a protocol in our words, PyGithub behind it."""
