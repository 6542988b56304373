"""What views show: lists of rows behind Qt item models."""
