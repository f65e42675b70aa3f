"""When is something due, in local time?"""
