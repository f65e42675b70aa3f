"""What was acknowledged, and is it safe? Durable, ordered input between the doors and the worker."""
