"""MySMS Messenger: the API that sends SMS and tells the truth about them."""
