"""Inbound messages: what people send to our number, each stored once for the user it is for."""
