"""A mail server that delivers nothing: it keeps the newest mails in a file, and shows them on a page.

GET /             the page
GET /mails.json   the mails as JSON, the newest first; ?to=ADDRESS selects those to one address
"""
