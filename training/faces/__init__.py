"""Labelled faces: from pictures, tables and clips to one face set, split so that copies stay together."""
