"""runlobby: the lobby worker. token: make a bearer token. rooms: see, resume and close rooms."""
