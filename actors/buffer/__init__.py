"""The only subscriber to exchange data: windows of bars, history, the open bar."""
