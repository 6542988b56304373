"""Sounds that are no music (speech, noise, hum, silence), from which a network learns to say nothing.

Synthetic speech is espeak-ng's, a program that is installed apart. Recorded speech is taken from a folder.
"""
