"""Answers questions: the Slack surface, the question's path and the `lore` command."""
