"""Full fine-tuning of an encoder with torch and transformers. Imported by the trainer alone; serving never does."""
