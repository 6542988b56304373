"""Trains and measures the networks of mat-desktop. The application never imports it."""
