"""The ways of protecting a view that are compared, one file each."""
