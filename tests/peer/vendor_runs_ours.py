#!/usr/bin/env python3
"""Our bmodels on the vendor's simulator: all outputs bit for bit those of our emulator.

Inside the environment of ../shared/peer/setup.sh:
    tests/peer/vendor_runs_ours.py PROGRAMS-FOLDER [--only NAME,NAME] [--keep FOLDER] [--bmodels FOLDER | --onnx FOLDER]

Compiles every golden tpu program (the operator suite with 8-bit inputs and outputs, as the vendor did, and the networks
without), F32 and INT8, and runs each bmodel on both sides with the same input. With --bmodels it runs the bmodels of a
folder instead (NAME.bmodel, its inputs in NAME.npz), with --onnx it deploys the classifiers of a folder (NAME.onnx, as
../shared/models/make_models.py makes them): INT8 at batch 1 and 4, F32 at batch 1. Prints one line for each exception, and
counts.

Where a golden folder has no input.npz the input is random with a fixed seed; where its weights are missing it is skipped.
The two sides may differ in the sign of NaN, which the host's processor decides; such cases are counted apart.
"""
import argparse
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import numpy

TIME_LIMIT_SECONDS = 600


class VendorRuntime:
    """The vendor's runtime, loaded once; each bmodel runs in a forked child, since a bad command ends the process."""

    def __init__(self):
        os.environ.setdefault("TPUC_ROOT", os.environ["TPUC_PEER"])
        os.environ["PATH"] = os.environ["TPUC_PEER"] + "/bin:" + os.environ["PATH"]
        from tpu_mlir.python.tools import model_runner
        model_runner.get_chip_from_model = lambda path: "BM1684"
        model_runner.get_kernel_mode_from_model = lambda path: "0"
        self.runner = model_runner

    def run(self, bmodel, inputs, output):
        """Writes the outputs as npz; returns what went wrong, or None."""
        log_path = output.with_suffix(".vendor.log")
        pid = os.fork()
        if pid == 0:
            try:
                with open(log_path, "wb") as log:
                    os.dup2(log.fileno(), 1)
                    os.dup2(log.fileno(), 2)
                signal.alarm(TIME_LIMIT_SECONDS)
                found = self.runner.model_inference(dict(numpy.load(inputs)), str(bmodel), dump_all=False, out_fixed=True)
                numpy.savez(output, **found)
                os._exit(0)
            except BaseException as error:
                print(type(error).__name__, error, file=sys.stderr, flush=True)
                os._exit(1)
        status = os.waitpid(pid, 0)[1]
        if status == 0:
            return None
        lines = [line for line in log_path.read_text(errors="replace").splitlines() if line.strip()]
        said = next((line for line in lines if "ASSERT" in line), lines[-1] if lines else "nothing")
        return f"the vendor's simulator ends with status {status}: {said}"


def command(arguments, folder):
    """Runs a program; returns its complaint, or None."""
    done = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS)
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[0] if lines else f"status {done.returncode}")


def bring_case(source, target):
    """Copies a golden folder's npz files; links that were checked out as text are followed."""
    for path in source.glob("*.npz"):
        real = path
        if path.stat().st_size < 100:
            real = source / path.read_text().strip()
        if real.is_file():
            shutil.copyfile(real, target / path.name)


def random_inputs(mlir, path):
    """Normally distributed values for the program's inputs."""
    random = numpy.random.default_rng(0)
    text = mlir.read_text()
    names = dict(re.findall(r'^#loc(\d*) = loc\("([^"]*)"\)', text, re.M))
    inputs = {}
    for shape, location in re.findall(r'"top\.Input"\(.*: \(tensor<((?:\d+x)*).* loc\(#loc(\d*)\)$', text, re.M):
        inputs[names[location]] = random.standard_normal([int(size) for size in shape.split("x") if size]).astype(numpy.float32)
    numpy.savez(path, **inputs)


def compare(ours, vendor):
    """'equal', 'nan' (equal but for signs of NaN) or what differs."""
    left, right = numpy.load(ours), numpy.load(vendor)
    if sorted(left.files) != sorted(right.files) or not left.files:
        return f"outputs {sorted(left.files)} and {sorted(right.files)}"
    verdict = "equal"
    for name in left.files:
        a, b = left[name], right[name]
        if a.size != b.size:
            return f"{name}: {a.shape} and {b.shape}"
        a, b = a.reshape(-1), b.reshape(-1)
        if a.dtype != b.dtype:
            return f"{name}: {a.dtype} and {b.dtype}"
        if a.tobytes() == b.tobytes():
            continue
        bits = numpy.dtype(f"u{a.dtype.itemsize}")
        differ = a.view(bits) != b.view(bits)
        if a.dtype.kind == "f":
            differ &= ~(numpy.isnan(a) & numpy.isnan(b))
        if differ.any():
            at = int(numpy.flatnonzero(differ)[0])
            return f"{name}: {int(differ.sum())} of {a.size} differ, first at {at}: ours {a[at]!r}, vendor {b[at]!r}"
        verdict = "nan"
    return verdict


class Proof:
    def __init__(self, programs, work, keep):
        self.programs, self.work, self.keep = programs, work, keep
        self.vendor = VendorRuntime()
        self.counts = collections.Counter()
        self.exceptions = []

    def both_sides(self, what, bmodel, inputs):
        ours, vendor = self.work / "ours.npz", self.work / "vendor.npz"
        for path in (ours, vendor):
            path.unlink(missing_ok=True)
        problem = command([self.programs / "tpuc", "run", "--model", bmodel, "--input", inputs, "--output", ours, "--out_fixed"], self.work)
        problem = f"our emulator: {problem}" if problem else self.vendor.run(bmodel, inputs, vendor)
        verdict = problem or compare(ours, vendor)
        self.note(what, verdict if verdict in ("equal", "nan") else "DIFFERENT", verdict)

    def note(self, what, kind, message):
        self.counts[kind] += 1
        if kind != "equal":
            line = f"{what}: {kind}: {message}"
            self.exceptions.append(line)
            print(line, flush=True)

    def golden(self, folder, quantised_borders):
        case = self.work / folder.name
        case.mkdir()
        bring_case(folder, case)
        for mode in ("f32", "int8"):
            source = folder / f"tpu_{mode}.mlir"
            what = f"{folder.name} {mode}"
            if not source.is_file():
                self.note(what, "skipped", "no tpu program in the golden folder")
                continue
            mlir = case / source.name
            shutil.copyfile(source, mlir)
            weights = re.search(r'module.weight_file = "([^"]*)"', mlir.read_text())
            if '"top.Weight"' in mlir.read_text() and not (weights and (case / weights.group(1)).is_file()):
                self.note(what, "skipped", "its weights are not in the golden folder")
                continue
            inputs = case / "input.npz"
            if not inputs.is_file():
                self.counts["with random input"] += 1
                inputs = case / "random.npz"
                random_inputs(mlir, inputs)
            bmodel = case / f"{mode}.bmodel"
            borders = [f"--strip-io-quant=quant_input={quantised_borders} quant_output={quantised_borders}"]
            problem = command([self.programs / "tpuc-opt", mlir, *borders, "--weight-reorder", "--address-assign",
                               f"--codegen=model_file={bmodel}", "-o", os.devnull], case)
            if problem:
                self.note(what, "not compiled", problem)
                continue
            if self.keep:
                shutil.copyfile(bmodel, self.keep / f"{folder.name}_{mode}.bmodel")
                shutil.copyfile(inputs, self.keep / f"{folder.name}_{mode}.npz")
            self.both_sides(what, bmodel, inputs)
        shutil.rmtree(case)

    def network(self, onnx, pictures):
        case = self.work / onnx.stem
        case.mkdir()
        tpuc, shape = self.programs / "tpuc", (3, 224, 224)

        def transform(batch):
            return command([tpuc, "transform", "--model_name", "net", "--model_def", onnx, "--input_shapes", [[batch, *shape]],
                            "--mean", "123.675,116.28,103.53", "--scale", "0.0171,0.0175,0.0174", "--pixel_format", "rgb",
                            "--mlir", f"{batch}.mlir"], case)

        problem = transform(1) or command([tpuc, "calibrate", "1.mlir", "--dataset", pictures, "--input_num", "3", "--cali_method",
                                           "max", "--output", "table"], case)
        for batch, mode in ((1, "INT8"), (1, "F32"), (4, "INT8")):
            what, bmodel, inputs = f"{onnx.stem} batch {batch} {mode}", case / f"{batch}_{mode}.bmodel", case / "random.npz"
            failed = problem or transform(batch) or command(
                [tpuc, "deploy", "--mlir", f"{batch}.mlir", "--quantize", mode, "--calibration_table", "table", "--chip", "bm1684",
                 "--model", bmodel], case)
            if failed:
                self.note(what, "not compiled", failed)
                continue
            random_inputs(case / f"{batch}.mlir", inputs)
            self.both_sides(what, bmodel, inputs)
        shutil.rmtree(case)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path, help="folder with tpuc and tpuc-opt")
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3] / "shared")
    parser.add_argument("--only", default="", help="names of cases, with commas")
    parser.add_argument("--keep", type=pathlib.Path, help="copy bmodels and inputs there")
    parser.add_argument("--bmodels", type=pathlib.Path, help="run the bmodels of this folder instead")
    parser.add_argument("--onnx", type=pathlib.Path, help="deploy the classifiers of this folder instead")
    arguments = parser.parse_args()
    only = [name for name in arguments.only.split(",") if name]
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        proof = Proof(arguments.programs.resolve(), pathlib.Path(work), arguments.keep)
        if arguments.bmodels:
            for bmodel in sorted(arguments.bmodels.resolve().glob("*.bmodel")):
                if not only or bmodel.stem in only:
                    copy = proof.work / bmodel.name
                    shutil.copyfile(bmodel, copy)
                    proof.both_sides(bmodel.stem, copy, bmodel.with_suffix(".npz"))
        elif arguments.onnx:
            for onnx in sorted(arguments.onnx.resolve().glob("*.onnx")):
                if not only or onnx.stem in only:
                    proof.network(onnx, arguments.shared.resolve() / "images" / "imagenet")
        else:
            for suite, quantised_borders in (("models", False), ("ops", True)):
                for folder in sorted((arguments.shared / "golden" / suite).iterdir()):
                    if folder.is_dir() and (not only or folder.name in only):
                        proof.golden(folder, quantised_borders)
    counts = proof.counts
    ran = counts["equal"] + counts["nan"] + counts["DIFFERENT"]
    print(f"{counts['equal'] + counts['nan']} of {ran} equal ({counts['nan']} of them but for signs of NaN, "
          f"{counts['with random input']} with random input); not compiled: {counts['not compiled']}, skipped: {counts['skipped']}")
    sys.exit(0 if ran and not counts["DIFFERENT"] else 1)


if __name__ == "__main__":
    main()
