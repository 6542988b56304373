"""Networks of the paper. The only package of the application that imports torch."""
