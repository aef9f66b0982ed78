"""Web push: tells a browser in which no tab is open what has come in."""
