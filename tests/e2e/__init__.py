"""The whole of Holdfast: real processes, a real Valkey, real browsers, played by hand."""
