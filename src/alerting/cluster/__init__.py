"""How do many workers share the work without doing anything twice? Leases, partitions of the work, and tasks."""
