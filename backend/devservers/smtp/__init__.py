"""A mail server that delivers nothing: it keeps the mails in memory and shows them on a page.

GET /             the page
GET /mails.json   the mails as JSON, the newest first; ?to=ADDRESS selects those to one address
"""
