"""Slack's wire: one listener a file, and the rendering of answers within Slack's limits."""
