"""Listening: audio types, segmentation and speech recognition. Imports nothing else of Tici."""
