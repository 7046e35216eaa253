"""What is kept, for how long, and how it goes: retention, legal holds, deletion, export."""
