"""The question's path, one file a step: retrieve, write, ground, answer."""
