"""What would the rules say? The engine in memory and on virtual time: unit tests of rules, and stored history."""
