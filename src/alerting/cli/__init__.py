"""The command ``tocsin``: one file for each group of commands."""
