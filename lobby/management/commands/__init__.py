"""runlobby: the lobby worker. token: make a bearer token."""
