"""What is kept on this computer: runs, what Reply held, what was agreed to."""
