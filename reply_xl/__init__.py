"""reply_xl: edit Reply.io contacts from Excel."""

__version__ = "0.1.0"
