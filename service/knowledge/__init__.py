"""What medicine says, as data (YAML), and the loader and checker that stand guard over it."""
