"""legtriage: clinical decision support for pain in the back of the leg and the lower leg."""
