#!/usr/bin/env python3
"""Our generated code beside the vendor's: cycles, memory, size and compile time of every lowered program of a folder.

    tests/peer/generated_code.py PROGRAMS-FOLDER FOLDER [--markdown] [--batch] [--only NAME.KIND,...] [--repeat N]
                                 [--vendor FOLDER] [--keep FOLDER] [--save FILE] [--against FILE] [-- OPTIONS OF tpuc deploy]

PROGRAMS-FOLDER holds `tpuc`; FOLDER is what tests/peer/vendor_code.py made. Needs no vendor software, only that folder.
Where each figure comes from:
  cycles      `tpuc bmodel profile --json` of both bmodels, now, by the same cycle model (docs/cycle-model.md): from the first command's
              start to the last one's end, without the constant launch time
  TIU, GDMA   of the same: the engine's busy cycles / all cycles; commands of the two engines together
  neuron      `tpuc bmodel info --json`: ctx_size, the memory that the compiler planned for tensors, inputs and outputs included
  bmodel      size of the file
  seconds     ours: wall time of `tpuc deploy --skip_validation` from NAME.KIND.tpu.mlir to the final text and the bmodel, the best of
              --repeat; the vendor's: figures.json, its two tpuc-opt commands for the same (final text, bmodel) from the same text
  processor   the same in seconds of processor time, which other work on the machine changes less; the vendor's search runs on all cores,
              ours on one
--vendor reads the vendor's bmodels and figures.json from another folder, such as FOLDER/quick.
Where FOLDER/own holds what the vendor made by itself from the ONNX files (vendor_code.py --own), a last table compares with that.
A column of the vendor's says why if there is no bmodel (figures.json: stopped or failed).
--batch prints cycles for each image, NAME.int8_b4 / NAME.int8, instead. --save keeps our cycles, and --against compares with those of
an earlier run. Exit status 1 when something does not compile.
"""
import argparse
import json
import math
import pathlib
import resource
import subprocess
import sys
import tempfile
import time


QUIET_LOAD = 1.5


def answer(arguments, folder=None):
    """Standard output of a program; its first complaint as RuntimeError."""
    done = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    raise RuntimeError(next((line for line in lines if "error" in line), lines[0] if lines else f"status {done.returncode}"))


def measure(tpuc, bmodel):
    """What a bmodel costs."""
    profile = json.loads(answer([tpuc, "bmodel", "profile", "--json", bmodel]))
    net = json.loads(answer([tpuc, "bmodel", "info", "--json", bmodel]))["nets"][0]
    return {
        "cycles": profile["cycles"],
        "tiu": profile["tiu"]["utilisation"],
        "gdma": profile["gdma"]["utilisation"],
        "commands": profile["tiu"]["commands"] + profile["gdma"]["commands"],
        "ddr": profile["ddr_read_bytes"] + profile["ddr_write_bytes"],
        "neuron": sum(stage["ctx_size"] for stage in net["stages"]),
        "bmodel": bmodel.stat().st_size,
    }


def children_seconds():
    """Processor time of the programs that were run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile_ours(tpuc, folder, job, keep, options, repeat):
    """Compiles a lowered program; gives its figures with the seconds."""
    mode = "F32" if job.rsplit(".", 1)[1].startswith("f32") else "INT8"
    with tempfile.TemporaryDirectory(dir=keep) as work:
        bmodel = pathlib.Path(work) / f"{job}.bmodel"
        seconds, processor = [], []
        for _ in range(repeat):
            started, used = time.monotonic(), children_seconds()
            answer([tpuc, "deploy", "--mlir", folder / f"{job}.tpu.mlir", "--quantize", mode, "--skip_validation", "--model", bmodel, *options], work)
            seconds.append(time.monotonic() - started)
            processor.append(children_seconds() - used)
        row = measure(tpuc, bmodel)
        row["seconds"], row["processor"] = min(seconds), min(processor)
        if keep:
            for path in pathlib.Path(work).iterdir():
                if path.suffix in (".bmodel", ".mlir"):
                    path.replace(keep / (path.name if path.suffix == ".bmodel" else f"{job}.final.mlir"))
    return row


def vendor_side(tpuc, folder, job):
    """Figures of the vendor's bmodel in a folder of vendor_code.py, or why there are none."""
    path, bmodel = folder / "figures.json", folder / f"{job}.bmodel"
    known = (json.loads(path.read_text()) if path.exists() else {}).get(job, {"result": "not tried yet"})
    if known["result"] != "finished" or not bmodel.exists():
        return known["result"]
    return {**measure(tpuc, bmodel), "seconds": known["seconds"], "processor": known["cpu_seconds"], "load": known["load_before"]}


def collect(tpuc, folder, vendor_folder, jobs, keep, options, repeat):
    """{job: {"ours": figures or a complaint, "vendor": figures or why there are none}}."""
    rows = {}
    for job in jobs:
        try:
            ours = compile_ours(tpuc, folder, job, keep, options, repeat)
        except RuntimeError as error:
            ours = str(error)
        rows[job] = {"ours": ours, "vendor": vendor_side(tpuc, vendor_folder, job)}
    return rows


def number(value):
    return f"{value:,}"


def percent(value):
    return f"{100 * value:.0f} %"


def megabytes(value):
    return f"{value / 1e6:.2f}"


def seconds(value):
    return f"{value:.2f}"


def short(ratio):
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def print_table(head, rows, markdown):
    """Rows of words under a head, aligned; markdown or plain."""
    if markdown:
        print("| " + " | ".join(head) + " |")
        print("|" + "---|" * min(2, len(head)) + "---:|" * (len(head) - 2))
        for row in rows:
            print("| " + " | ".join(row) + " |")
    else:
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
        for row in [head, *rows]:
            print("  ".join(word.ljust(width) if column < 2 else word.rjust(width) for column, (word, width) in enumerate(zip(row, widths))).rstrip())
    print()


def ratio_of(sides, key):
    """Ours / the vendor's, or None where one is missing."""
    if isinstance(sides["ours"], str) or isinstance(sides["vendor"], str) or not sides["vendor"][key]:
        return None
    return sides["ours"][key] / sides["vendor"][key]


def cells(sides, columns):
    """Pairs of columns: ours, the vendor's; (key, format, with ratio)."""
    words = []
    for key, text, with_ratio in columns:
        for side in ("ours", "vendor"):
            value = sides[side]
            if isinstance(value, str):
                # The reason stands once, in the first column of that side.
                words.append(value if key == columns[0][0] and side == "vendor" else "fails" if side == "ours" else "-")
            else:
                words.append(text(value[key]))
        if with_ratio:
            ratio = ratio_of(sides, key)
            words.append("-" if ratio is None else short(ratio))
    return words


def head_of(columns):
    words = ["network", "kind"]
    for key, name, _, with_ratio in columns:
        words += [f"{name} ours", "vendor"] + (["ratio"] if with_ratio else [])
    return words


CODE = [("cycles", "cycles", number, True), ("tiu", "TIU", percent, False), ("gdma", "GDMA", percent, False), ("commands", "commands", number, False),
        ("ddr", "DDR MB", megabytes, False)]
COST = [("neuron", "neuron MB", megabytes, True), ("bmodel", "bmodel MB", megabytes, True), ("seconds", "seconds", seconds, True),
        ("processor", "processor s", seconds, True)]


def comparison(rows, columns, markdown):
    table = [[*job.rsplit(".", 1), *cells(sides, [(key, text, ratio) for key, _, text, ratio in columns])] for job, sides in rows.items()]
    print_table(head_of(columns), table, markdown)


def summary(rows, markdown):
    """Geometric means and the worst of each ratio, over the rows in which both sides are there."""
    def line(name, key, chosen):
        found = {job: ratio_of(sides, key) for job, sides in chosen.items()}
        found = {job: ratio for job, ratio in found.items() if ratio is not None}
        if found:
            worst = max(found, key=found.get)
            mean = math.exp(sum(map(math.log, found.values())) / len(found))
            table.append([name, str(len(found)), f"{mean:.3f}", short(found[worst]), worst])

    table = []
    single = {job: sides for job, sides in rows.items() if "_b" not in job.rsplit(".", 1)[1]}
    line("cycles, batch 1", "cycles", single)
    line("cycles, F32", "cycles", {job: sides for job, sides in single.items() if job.endswith(".f32")})
    line("cycles, INT8", "cycles", {job: sides for job, sides in single.items() if job.endswith(".int8")})
    line("cycles, INT8 batch 4", "cycles", {job: sides for job, sides in rows.items() if job not in single})
    line("neuron memory", "neuron", rows)
    line("bmodel bytes", "bmodel", rows)
    line("compile seconds", "seconds", rows)
    line("compile, processor seconds", "processor", rows)
    if table:
        print_table(["ours / vendor's", "rows", "geometric mean", "worst", "which"], table, markdown)


def batch_table(rows, markdown):
    table = []
    for job in rows:
        name, kind = job.rsplit(".", 1)
        if "_b" not in kind or f"{name}.{kind.split('_b')[0]}" not in rows:
            continue
        single, batch = rows[f"{name}.{kind.split('_b')[0]}"], int(kind.split("_b")[1])
        words = [name, kind]
        for side in ("ours", "vendor"):
            one, many = single[side], rows[job][side]
            if isinstance(one, str) or isinstance(many, str):
                words += ["-", many if isinstance(many, str) else number(round(many["cycles"] / batch)), "-"]
            else:
                image = many["cycles"] / batch
                words += [number(one["cycles"]), number(round(image)), f"{image / one['cycles']:.3f}"]
        table.append(words)
    print_table(["network", "kind", "ours, batch 1", "an image", "ratio", "vendor, batch 1", "an image", "ratio"], table, markdown)


def against_table(rows, before, markdown):
    table = []
    for job, sides in rows.items():
        if job in before and not isinstance(sides["ours"], str):
            now = sides["ours"]["cycles"]
            table.append([*job.rsplit(".", 1), number(before[job]), number(now), f"{now / before[job]:.3f}"])
    print_table(["network", "kind", "cycles before", "now", "ratio"], table, markdown)


def main():
    given = sys.argv[1:]
    options = given[given.index("--") + 1:] if "--" in given else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--batch", action="store_true", help="cycles for each image, batch 4 beside batch 1")
    parser.add_argument("--only", help="NAME.KIND or NAME, joined by commas")
    parser.add_argument("--repeat", type=int, default=1, help="compile so many times and take the best")
    parser.add_argument("--vendor", type=pathlib.Path, help="the vendor's bmodels and figures.json, if not FOLDER")
    parser.add_argument("--keep", type=pathlib.Path, help="keep our bmodels and final texts in this folder")
    parser.add_argument("--save", type=pathlib.Path, help="write our cycles as JSON")
    parser.add_argument("--against", type=pathlib.Path, help="a file of --save to compare with")
    arguments = parser.parse_args(given[:given.index("--")] if "--" in given else given)
    folder, tpuc = arguments.folder.resolve(), (arguments.programs / "tpuc").resolve()

    vendor_folder = (arguments.vendor or folder).resolve()
    jobs = [path.name[:-len(".tpu.mlir")] for path in folder.glob("*.tpu.mlir")]
    # Networks in the order of their size, rows of a network together.
    size = {}
    for job in jobs:
        name = job.rsplit(".", 1)[0]
        size[name] = max(size.get(name, 0), (folder / f"{job}.tpu_weights.npz").stat().st_size)
    jobs.sort(key=lambda job: (size[job.rsplit(".", 1)[0]], job))
    if arguments.only:
        wanted = set(arguments.only.split(","))
        missing = [name for name in wanted if not any(name in (job, job.rsplit(".", 1)[0]) for job in jobs)]
        if missing:
            parser.error(f"not in {folder}: {', '.join(sorted(missing))}")
        jobs = [job for job in jobs if {job, job.rsplit(".", 1)[0]} & wanted]
    if arguments.batch:
        batched = {job for job in jobs if "_b" in job.rsplit(".", 1)[1]}
        jobs = [job for job in jobs if job in batched or any(other.startswith(f"{job}_b") for other in batched)]
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    keep = arguments.keep.resolve() if arguments.keep else None
    if arguments.against and not arguments.against.exists():
        parser.error(f"--against: there is no {arguments.against}")
    before = json.loads(arguments.against.read_text()) if arguments.against else {}

    rows = collect(tpuc, folder, vendor_folder, jobs, keep, options, arguments.repeat)
    if arguments.batch:
        batch_table(rows, arguments.markdown)
    else:
        for columns in (CODE, COST):
            comparison(rows, columns, arguments.markdown)
        summary(rows, arguments.markdown)
        busy = sum(1 for sides in rows.values() if not isinstance(sides["vendor"], str) and sides["vendor"]["load"] > QUIET_LOAD)
        if busy:
            print(f"{busy} of the vendor's times were taken while the load average was above {QUIET_LOAD}: they are too long, and ratios of seconds too"
                  " good. vendor_code.py --again on a quiet machine keeps better ones.\n")
        own = folder / "own"
        tried = json.loads((own / "figures.json").read_text()) if (own / "figures.json").exists() else {}
        both = {job: {"ours": sides["ours"], "vendor": vendor_side(tpuc, own, job)} for job, sides in rows.items() if job in tried}
        if both and vendor_folder == folder:
            print("The vendor's whole flow, from the ONNX file on:\n")
            comparison(both, [CODE[0], *COST[:3]], arguments.markdown)
    if before:
        against_table(rows, before, arguments.markdown)
    if arguments.save:
        cycles = {job: sides["ours"]["cycles"] for job, sides in rows.items() if not isinstance(sides["ours"], str)}
        arguments.save.write_text(json.dumps(cycles, indent=1) + "\n")
    failed = {job: sides["ours"] for job, sides in rows.items() if isinstance(sides["ours"], str)}
    for job, reason in failed.items():
        print(f"{job} does not compile: {reason}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
