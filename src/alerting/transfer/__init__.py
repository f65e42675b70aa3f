"""How does everything that is known move from one store to another? For migrations, backups and restores."""
