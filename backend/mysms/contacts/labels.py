"""What separates labels in files and in the app, and so cannot be in one."""

import re

LABEL_SEPARATORS = re.compile("[,;]|:::")
