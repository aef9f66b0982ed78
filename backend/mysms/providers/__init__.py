"""SMS providers: the interface, and Twilio. Knows no stored documents."""
