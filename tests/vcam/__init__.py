"""A webcam for machines without one."""
