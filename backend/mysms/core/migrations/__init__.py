"""Brings documents of earlier versions up to date."""
