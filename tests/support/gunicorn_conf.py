"""What every gunicorn of the tests is started with. Older releases ignore names they don't know."""

from __future__ import annotations

# Several run at once, and its default path is one for all.
control_socket_disable = True
accesslog = None
capture_output = True
graceful_timeout = 3
# More than the default, so that it is the application that has to refuse what is too long.
limit_request_field_size = 65536
