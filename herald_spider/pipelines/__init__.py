"""What happens to an article between reading and keeping, one step a module."""
