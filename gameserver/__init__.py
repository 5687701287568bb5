"""The Django project: what puts rooms and lobby together and runs them.

Rules:
1. Nothing below imports this package; settings reach the rest through `django.conf.settings`.
2. Everything from outside (environment, files, processes) is read and checked here, once, with an error that
   says what to do next.
"""
