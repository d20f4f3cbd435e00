"""The long-lived process of one library: recorder, sensors, edits, catalogue; and its client."""
