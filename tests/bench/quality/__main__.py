"""Measure suggestions and write `docs/quality.md`.

    python -m tests.bench.quality [--data ../shared/data] [--quick] [--head-only] [--only packs,latency]

Each section is kept under the work folder, so that `--only` renews some of them and leaves the others as they were;
every section says when and of what it was measured. Models are trained once for the same data and code. A quick run
measures a few intents to see that all works; it goes to the work folder unless told otherwise.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from suggest.train import Mode
from tests.bench.quality import alike, finding, latency, packs, public, talk, telephone
from tests.bench.quality.bench import REPOSITORY, Bench
from tests.bench.quality.report import Section, page, provenance

SECTIONS: dict[str, tuple[str, Callable[[Bench], list[str]]]] = {
    "packs": ("Intents on the held-out parts of the packs", packs.intents),
    "retrieval": ("Retrieval on the queries of the packs", packs.retrieval),
    "context": ("Follow-ups", talk.follow_ups),
    "two": ("Two questions in one breath", talk.two_questions),
    "telephone": ("From clean text to telephone audio", telephone.section),
    "banking77": ("BANKING77", public.banking),
    "clinc150": ("CLINC150", public.clinc),
    "far": ("Far out of scope: travel", packs.far),
    "finding": ("Retrieval against its baselines", finding.baselines),
    "ablation": ("What each part of the retrieval is worth", finding.ablation),
    "latency": ("Time", latency.section),
    "alike": ("How much the texts of the packs repeat each other", alike.section),
}


def main() -> None:
    args = _arguments()
    work = args.work / ("quick" if args.quick else "full")
    (work / "sections").mkdir(parents=True, exist_ok=True)
    bench = Bench(
        models=args.models,
        work=work,
        data=args.data if args.data is not None and args.data.is_dir() else None,
        quick=args.quick,
        modes=_modes(args),
        folds=2 if args.quick else args.folds,
        full_folds=1 if args.quick else args.full_folds,
        clinc_full=args.clinc_full,
    )
    out = args.out or (work / "quality.md" if args.quick else REPOSITORY / "docs/quality.md")
    if args.data is not None and bench.data is None:
        print(f"{args.data} is no folder: what needs public data is skipped", file=sys.stderr)
    failed = []
    for name in args.only:
        try:
            _measure(bench, name, _command(args, bench))
        except Exception:  # noqa: BLE001 - the other sections take hours and do not depend on this one
            traceback.print_exc()
            failed.append(name)
        found = [Section.read(work / "sections" / f"{key}.json", title) for key, (title, _) in SECTIONS.items()]
        out.write_text(page(found, quick=args.quick), encoding="utf-8")
    print(out)
    if failed:
        sys.exit(f"not measured anew: {', '.join(failed)} (see above)")


def _modes(args: argparse.Namespace) -> tuple[Mode, ...]:
    """Ways of training: both, unless fine-tuning is not wanted, or not possible and not insisted on."""
    missing = find_spec("torch") is None or find_spec("transformers") is None
    if missing and not args.full_tuning and not args.head_only:
        print("torch and transformers are not installed: `full` is left out", file=sys.stderr)
    return ("head",) if args.head_only or (missing and not args.full_tuning) else ("head", "full")


def _measure(bench: Bench, name: str, command: str) -> None:
    title, work = SECTIONS[name]
    print(f"{title} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    lines = work(bench)
    minutes = (time.monotonic() - began) / 60
    print(f"  {minutes:.1f} minutes", file=sys.stderr, flush=True)
    made = Section(title=title, lines=lines, provenance=provenance(command, bench.seed, minutes))
    made.write(bench.work / "sections" / f"{name}.json")


def _command(args: argparse.Namespace, bench: Bench) -> str:
    """What to type to measure the same again, without the folders of this machine."""
    options = [
        "--data DIR" if args.data is not None else "",
        "--quick" if args.quick else "",
        "" if "full" in bench.modes else "--head-only",
        f"--folds {args.folds} --full-folds {args.full_folds}",
        "--clinc-full" if args.clinc_full else "",
    ]
    return " ".join(["python -m tests.bench.quality", *filter(None, options)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with banking77, clinc150 and crosswoz; skipped without it")
    parser.add_argument("--models", type=Path, default=REPOSITORY / "models", help="folder of the weights")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "build/quality", help="keeps models and sections")
    parser.add_argument("--out", type=Path, help="default docs/quality.md; for a quick run a file in the work folder")
    parser.add_argument("--quick", action="store_true", help="a few intents, to see that it works")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--head-only", action="store_true", help="leave fine-tuning out, which takes hours in all")
    modes.add_argument("--full-tuning", action="store_true", help="fine-tune as well: the default where torch is")
    parser.add_argument("--folds", type=int, default=5, help="of BANKING77")
    parser.add_argument("--full-folds", type=int, default=1, help="how many of them are fine-tuned as well")
    parser.add_argument("--clinc-full", action="store_true", help="fine-tune on CLINC150 as well")
    parser.add_argument("--only", type=_sections, default=list(SECTIONS), help=f"of {','.join(SECTIONS)}")
    return parser.parse_args()


def _sections(text: str) -> Sequence[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in SECTIONS]:
        raise argparse.ArgumentTypeError(f"no section `{unknown[0]}`; there are {', '.join(SECTIONS)}")
    return names


if __name__ == "__main__":
    main()
