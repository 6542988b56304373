"""Where each kind of file keeps its tag, and how the file looks with another one."""
