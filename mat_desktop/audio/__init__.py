"""From a path to sound and to its log-mel spectrogram. The only package that decodes."""
