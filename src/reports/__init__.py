"""reports look back: what happened over time, and can I trust it?"""
