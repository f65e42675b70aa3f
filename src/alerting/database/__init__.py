"""Where does what Tocsin remembers lie? In a SQLite file, or in PostgreSQL: the same statements on both."""
