"""What is true: entities, states, settings, time and the store; no Qt, no network."""
