"""MySMS Messenger: an API that sends SMS through Twilio and tracks their delivery."""
