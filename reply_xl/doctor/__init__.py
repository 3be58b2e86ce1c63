"""What `reply-xl doctor` looks at, and the trial of every button by `doctor --live`."""
