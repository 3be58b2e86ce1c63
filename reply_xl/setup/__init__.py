"""Getting the add-in onto a computer and off it again: files, registry, launcher, logon."""
