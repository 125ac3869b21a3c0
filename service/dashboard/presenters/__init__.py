"""What the pages say, from what is stored: templates do no thinking."""
