#!/usr/bin/env python3
"""What `tpuc to-onnx` writes, in the eyes of the onnx package and of ONNX Runtime.

    tests/peer/runs_in_onnxruntime.py TARGET/release [SHARED [NAME ...]]
    tests/peer/runs_in_onnxruntime.py TARGET/release --nodes [FOLDER]

Every text of the golden folders, in the form with MLIR's operations, must pass `onnx.checker`. Every top program with its
weights, in ONNX's operators, must pass it with its full check and give in ONNX Runtime what our inference gives
(`tpuc run`): within 1e-4 of the largest value. With --nodes the same of ONNX's own tests of single operators (by default the
installed package's) as far as `tpuc transform` takes them, on random numbers. Needs Python with onnx, onnxruntime and numpy.
"""
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

TEXTS = ["origin", "top", "tpu_f32", "tpu_int8", "final_f32", "final_int8"]


def run(*arguments):
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line]
    return lines[-1] if lines else ""


def checked(tpuc, text, scratch):
    """None, or what is wrong with the form for viewers."""
    view = scratch / "view.onnx"
    made = run(tpuc, "to-onnx", "-m", text, "-o", view)
    if made.returncode:
        return last_line(made.stderr)
    try:
        onnx.checker.check_model(str(view))
    except onnx.checker.ValidationError as error:
        return str(error).splitlines()[0]
    return None


def runs(tpuc, case, scratch):
    """A verdict and its reason, of the top program in ONNX's operators."""
    net = scratch / "net.onnx"
    made = run(tpuc, "to-onnx", "-m", case / "top.mlir", "--weights", "-o", net)
    if made.returncode:
        return "refused", last_line(made.stderr)
    onnx.checker.check_model(str(net), full_check=True)
    wanted_file = scratch / "wanted.npz"
    if not (case / "input.npz").is_file():
        # Large inputs were dropped from the golden folders.
        random = numpy.random.default_rng(0)
        model = onnx.load(str(net))
        shapes = {one.name: [dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in model.graph.input}
        numpy.savez(case / "input.npz", **{name: random.standard_normal(shape).astype("float32") for name, shape in shapes.items()})
    ours = run(tpuc, "run", "--model", case / "top.mlir", "--input", case / "input.npz", "--output", wanted_file)
    if ours.returncode:
        return "not run by us", last_line(ours.stderr)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(net), options, providers=["CPUExecutionProvider"])
    given = numpy.load(case / "input.npz")
    names = [tensor.name for tensor in session.get_inputs()]
    shapes = {tensor.name: tensor.shape for tensor in session.get_inputs()}
    arrays = list(given.values())
    inputs = {
        name: (given[name] if name in given else arrays[index]).astype(numpy.float32).reshape(shapes[name])
        for index, name in enumerate(names)
    }
    outputs = [tensor.name for tensor in session.get_outputs()]
    wanted = numpy.load(wanted_file)
    worst = 0.0
    for name, found in zip(outputs, session.run(outputs, inputs)):
        expected = wanted[name]
        if expected.shape != found.shape:
            return "wrong", f"{name}: shape {found.shape}, not {expected.shape}"
        same = (found == expected) | (numpy.isnan(found) & numpy.isnan(expected))
        scale = numpy.abs(expected[numpy.isfinite(expected)]).max(initial=1e-6)
        difference = numpy.where(same, 0, numpy.abs(found.astype(float) - expected)).max(initial=0.0) / scale
        worst = max(worst, float(difference))
    return ("same" if worst < 1e-4 else "wrong"), f"{worst:.2e}"


def copied(case, folder):
    """A golden folder's texts and npz files; links that were checked out as text are followed."""
    for path in case.iterdir():
        if path.suffix in (".mlir", ".npz"):
            source = path
            for _ in range(4):
                data = source.read_bytes()
                if len(data) >= 100 or not data.strip().endswith(b".npz"):
                    break
                source = case / data.decode().strip()
            shutil.copyfile(source, folder / path.name)
    return folder


def nodes(tpuc, folder):
    """ONNX's tests of operators, through transform and back."""
    verdicts, wrong = collections.Counter(), []
    for node in sorted(folder.iterdir()):
        if not (node / "model.onnx").is_file():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            case = pathlib.Path(scratch)
            made = subprocess.run(
                [str(tpuc), "transform", "--model_name", "net", "--model_def", str(node / "model.onnx"), "--mlir", "top.mlir"],
                capture_output=True, text=True, cwd=case)
            if made.returncode:
                verdicts["not taken by transform"] += 1
                continue
            try:
                verdict, reason = runs(tpuc, case, case)
            except Exception as error:
                verdict, reason = "wrong", f"{type(error).__name__}: {str(error).splitlines()[0]}"
            verdicts[verdict] += 1
            if verdict not in ("same", "not run by us"):
                wrong.append(f"{node.name}: {verdict}: {reason}")
    print("\n".join(wrong))
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    print("tests of operators in ONNX Runtime:", dict(verdicts))
    sys.exit(1 if verdicts["wrong"] else 0)


def main():
    if sys.argv[2:3] == ["--nodes"]:
        package = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "node"
        nodes(pathlib.Path(sys.argv[1]).resolve() / "tpuc", pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else package)
    tpuc = pathlib.Path(sys.argv[1]).resolve() / "tpuc"
    shared = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "../shared").resolve()
    cases = sorted(path for kind in ["models", "ops"] for path in (shared / "golden" / kind).iterdir() if path.is_dir())
    if len(sys.argv) > 3:
        cases = [case for case in cases if case.name in sys.argv[3:]]
    verdicts, texts, wrong = collections.Counter(), collections.Counter(), []
    for original in cases:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as copy:
            scratch = pathlib.Path(folder)
            case = copied(original, pathlib.Path(copy))
            for kind in TEXTS:
                text = case / f"{kind}.mlir"
                if text.is_file():
                    problem = checked(tpuc, text, scratch)
                    texts["refused" if problem else "accepted"] += 1
                    if problem:
                        wrong.append(f"{original.name}/{kind}: {problem}")
            if not (case / "top.mlir").is_file():
                continue
            try:
                verdict, reason = runs(tpuc, case, scratch)
            except Exception as error:  # of onnx or ONNX Runtime: the verdict
                verdict, reason = "wrong", f"{type(error).__name__}: {str(error).splitlines()[0]}"
            verdicts[verdict] += 1
            if verdict != "same":
                wrong.append(f"{original.name}: {verdict}: {reason}")
    print("\n".join(wrong))
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    print("texts in onnx.checker:", dict(texts))
    print("top programs in ONNX Runtime:", dict(verdicts))
    sys.exit(1 if texts["refused"] or verdicts["wrong"] else 0)


if __name__ == "__main__":
    main()
