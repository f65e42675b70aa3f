"""How is load made, and what does a result say of the machine? wrk is the client; the same for every server."""
