"""What needs the operator's eye: alerts that hold, those that are over, and desktop notifications."""
