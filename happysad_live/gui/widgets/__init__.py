"""Widgets and helpers for Qt that know nothing of this app but its theme."""
