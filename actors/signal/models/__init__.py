"""Trained models: what is known of one, where they are kept, how they are read without their library."""
