"""Runs exported models with onnxruntime and tokenizers: embedders and rerankers."""

from briefqa.backends.onnx.bits import bit_products
from briefqa.backends.onnx.embedder import OnnxEmbedder, OnnxTokenEmbedder
from briefqa.backends.onnx.reranker import OnnxReranker

__all__ = ["OnnxEmbedder", "OnnxReranker", "OnnxTokenEmbedder", "bit_products"]
