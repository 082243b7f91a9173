"""Fills the knowledge base from sources."""
