"""The way to Reply: addresses, proxies, connections, pace, and the client."""
