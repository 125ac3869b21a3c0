"""Who may call, and where we may call: the guards of the service."""
