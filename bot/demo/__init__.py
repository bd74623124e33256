"""`triage demo`: the real parts as processes of their own, a played GitHub, and what the bot made of it."""
