"""BERT encoders as ONNX files with int8 weights: written without torch, read back for training."""
