"""What this program is, and under which licences."""
