"""Coverage-guided fuzzing of the native and the Vosk adapter on raw bytes.

    pip install atheris==3.0.0      (CPython 3.11 to 3.13 on Linux; it is no dependency of the project)
    python -m tests.bench.fuzz native -max_total_time=60
    python -m tests.bench.fuzz vosk -max_total_time=60 CORPUS_FOLDER

The rest of the command line is libFuzzer's. It ends with an error and the input that caused it when an adapter raises,
answers with something that is no reply, or keeps more of what it was sent than one connection may.
"""

import importlib
import sys


def main() -> None:
    """Fuzz the adapter that is named first."""
    try:
        import atheris
    except ImportError:
        raise SystemExit("atheris is not installed: pip install atheris==3.0.0 (CPython 3.11 to 3.13, Linux)") from None
    with atheris.instrument_imports(include=["server.ingest", "server.wire", "asr.audio"]):
        known = importlib.import_module("tests.bench.fuzz_targets")
    if len(sys.argv) < 2 or sys.argv[1] not in known.TARGETS:
        raise SystemExit(f"which adapter? {', '.join(known.TARGETS)}")
    target = known.TARGETS[sys.argv.pop(1)]
    for seed in known.SEEDS:
        target(seed)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
