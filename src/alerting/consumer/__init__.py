"""From inbox rows to runs, decisions and messages owed: decode, recognise, fold, decide, commit."""
