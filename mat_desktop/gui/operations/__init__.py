"""What the window does, one module for each thing, none of which knows the window."""
