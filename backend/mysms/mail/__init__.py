"""Mails: a stored queue, and the task that hands them to the mail server. Knows no account but by its id."""
