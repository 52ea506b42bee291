"""Files that people bring: looked at, mapped, previewed, then taken in by a worker, good rows in, bad rows back."""
