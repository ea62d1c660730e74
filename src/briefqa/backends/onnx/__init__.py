"""Runs exported models with onnxruntime and tokenizers."""

from briefqa.backends.onnx.embedder import OnnxEmbedder

__all__ = ["OnnxEmbedder"]
