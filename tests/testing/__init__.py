"""What the package offers for an application's own tests."""
