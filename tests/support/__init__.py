"""What tests share: a real Valkey, a real database, a fleet of real processes, a browser."""
