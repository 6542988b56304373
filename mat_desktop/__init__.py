"""mat-desktop: tags a local music library by its sound, with a network that runs on the user's machine."""

__version__ = "0.1.0"
