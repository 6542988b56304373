"""Networks of the paper and of the systems it builds on. Beside ``inference``, nothing else imports torch."""
