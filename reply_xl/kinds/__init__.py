"""What a cell says: a text, an e-mail, a phone number, a date, and so on, read or refused."""
