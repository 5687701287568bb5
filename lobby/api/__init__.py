"""The JSON API at /api/v1/: what the pages do, for programs. The same services, a bearer token instead of a cookie."""
