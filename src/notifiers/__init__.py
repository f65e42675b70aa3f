"""notifiers tell: how is it said, and was it heard?"""
