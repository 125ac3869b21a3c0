"""The shapes of the knowledge files: what is not named here is an unknown key, and an error."""
