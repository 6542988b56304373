"""Trains and measures the networks of mat-desktop. Used alone by researchers; the application never imports it."""
