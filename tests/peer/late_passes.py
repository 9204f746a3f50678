#!/usr/bin/env python3
"""The texts that dev-parallel, subnet-divide, op-reorder and topo-sort write: ours and the real tpuc-opt's, from the same text.

    tests/peer/late_passes.py PROGRAMS-FOLDER [--programs FOLDER,...] [--random N]

PROGRAMS-FOLDER holds our `tpuc-opt`. For every lowered program (golden ones, and NAME.tpu.mlir of the folders given) the real tpuc-opt
runs the passes one by one, each from the text of the one before; ours runs each from that text, too. Then N random programs with layers
of the host, dynamic operations, shared weights and several readers. Equal means: the same text but for the name of the weight file.
Run it inside the environment of ../shared/peer/setup.sh. Prints counts for each pass, and the programs that differ.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SHARED = pathlib.Path(os.environ.get("TPUC_SHARED", HERE / "../../../shared")).resolve()
PASSES = ["dev-parallel", "subnet-divide", "op-reorder", "topo-sort"]
# Where ours is meant to differ (docs/passes.md): shapes stay on the chip, outputs keep their names.
MEANT = {f"{name}.{kind}" for name in ("Shape", "ShapeSlice", "Squeeze") for kind in ("f32", "int8")}


def plain(text):
    text = re.sub(r'^WARNING, .*\n', "", text, flags=re.M)
    return re.sub(r', module\.weight_file = "[^"]*"', "", text).strip().split("\n")


def run(arguments, folder):
    done = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None, done.stderr


def compare(name, start, ours, theirs, folder, counts):
    """Each pass from the real text before it."""
    before = start
    for which in PASSES:
        after = folder / f"{which}.mlir"
        after.unlink(missing_ok=True)
        run([theirs, before, "--mlir-disable-threading", f"--{which}", "-o", after.name], folder)
        if not after.exists():
            counts[which]["refused"].append(name)
            return
        text, problem = run([ours, before, f"--{which}", "-o", "-"], folder)
        equal = text is not None and plain(text) == plain(after.read_text())
        counts[which]["equal" if equal else "meant" if name in MEANT else "differ"].append(name)
        if os.environ.get("KEEP") and not equal:
            keep = pathlib.Path(os.environ["KEEP"])
            (keep / f"{name}.{which}.before.mlir").write_text(before.read_text())
            (keep / f"{name}.{which}.theirs.mlir").write_text(after.read_text())
            (keep / f"{name}.{which}.ours.mlir").write_text(text or problem)
        before = folder / f"{which}.before.mlir"
        before.write_text(after.read_text())


def reordered(source, theirs, folder):
    """The text after the real weight-reorder; None where it fails."""
    # Weight files are beside the program; links of the golden folder may be texts that name another file.
    for weights in source.parent.glob("*.npz"):
        link = folder / weights.name
        content = weights.read_bytes()[:200]
        named = weights.parent / content.decode("latin1").strip() if not content.startswith(b"PK") else weights
        if not link.exists():
            link.symlink_to(named if named.exists() else weights)
    target = folder / "reordered.mlir"
    passes = ["--strip-io-quant=quant_input=False quant_output=False", "--processor-tpu-optimize", "--weight-reorder"]
    run([theirs, source, "--mlir-disable-threading", *passes, "-o", target.name], folder)
    return target if target.exists() else None


def random_program(seed):
    """A lowered program of up to 24 operations on tensors of one shape."""
    pick = random.Random(seed)
    ty, index_type, weight = "tensor<2x4x8x8xf32>", "tensor<2x4x8x8xsi32>", "tensor<1x4x1x1xf32>"
    lines = ['    %none = "top.None"() : () -> none loc(unknown)']
    values = []
    for number in range(pick.randint(1, 3)):
        lines.append(f'    %in{number} = "top.Input"(%arg{number}) {{do_preprocess = false}} : ({ty}) -> {ty} loc("in{number}")')
        values.append(f"%in{number}")
    inputs = len(values)
    lines.append(f'    %indices = "top.Input"(%arg{inputs}) {{do_preprocess = false}} : ({index_type}) -> {index_type} loc("indices")')
    weights, made = [], set()
    for number in range(pick.randint(3, 24)):
        name, data, other = f"%v{number}", pick.choice(values[-4:]), pick.choice(values)
        loc = f' loc("v{number}")'
        kind = pick.choices(["active", "permute", "add", "cpu", "gather", "scale", "move", "slice"], [6, 4, 6, 2, 1, 3, 2, 2])[0]
        # What is computed twice is merged, there even where that takes a name from a network's output: not what is asked here.
        key = (kind, data) + ((other,) if kind == "add" else ())
        if key in made:
            continue
        made.add(key)
        if kind == "active":
            mode = pick.choice(["ABSVAL", "EXP"])
            lines.append(f'    {name} = "tpu.Active"({data}) {{mode = #tpu<active_mode {mode}>}} : ({ty}) -> {ty}{loc}')
        elif kind == "permute":
            lines.append(f'    {name} = "tpu.Permute"({data}, %none) {{order = [0, 1, 3, 2]}} : ({ty}, none) -> {ty}{loc}')
        elif kind == "add":
            attrs = "{do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64}"
            lines.append(f'    {name} = "tpu.Add"({data}, {other}) {attrs} : ({ty}, {ty}) -> {ty}{loc}')
        elif kind == "cpu":
            attrs = '{cpu_op_name = "gatherelements_pt", param = {axis = 1 : i64}}'
            lines.append(f'    {name} = "tpu.GenericCpu"({data}, %indices) {attrs} : ({ty}, {index_type}) -> {ty}{loc}')
        elif kind == "gather":
            attrs = "{axis = 1 : si32, if_neg_index = true, is_lora = false}"
            lines.append(f'    {name} = "tpu.Gather"({data}, %indices, %none) {attrs} : ({ty}, {index_type}, none) -> {ty}{loc}')
        elif kind == "scale":
            if not weights or pick.random() < 0.6:
                weights.append(f"%w{len(weights)}")
                lines.append(f'    {weights[-1]} = "top.Weight"() : () -> {weight} loc("w{len(weights)}")')
            attrs = "{do_relu = false, relu_limit = -1.000000e+00 : f64}"
            chosen = pick.choice(weights)
            lines.append(f'    {name} = "tpu.Scale"({data}, {chosen}, {chosen}, %none) {attrs} : ({ty}, {weight}, {weight}, none) -> {ty}{loc}')
        elif kind == "move":
            flat, attrs = "tensor<2x256xf32>", "{flatten_start_dim = -1 : i64, shape = []}"
            lines.append(f'    {name}f = "tpu.Reshape"({data}, %none) {attrs} : ({ty}, none) -> {flat} loc("v{number}_flat")')
            lines.append(f'    {name} = "tpu.Reshape"({name}f, %none) {attrs} : ({flat}, none) -> {ty}{loc}')
        else:
            step = pick.choice([1, 1, 2])
            attrs = f"{{axes = [], ends = [2, 4, 8, 8], hasparamConvert_axes = [], offset = [0, 0, 0, 0], steps = [1, 1, 1, {step}]}}"
            cut = f"tensor<2x4x8x{8 // step}xf32>"
            lines.append(f'    {name}s = "tpu.Slice"({data}, %none, %none, %none, %none) {attrs} : ({ty}, none, none, none, none) -> {cut} loc("v{number}_cut")')
            lines.append(f'    {name} = "tpu.Upsample"({name}s, %none) {{do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 1 : i64, scale_w = {step} : i64}} : ({cut}, none) -> {ty}{loc}')
        values.append(name)
    used = "\n".join(lines)
    returned = [value for value in values[inputs:] if not re.search(re.escape(value) + r"[,)]", used.replace(f"{value} =", ""))]
    pick.shuffle(returned)
    arguments = ", ".join(f"%arg{number}: {ty} loc(unknown)" for number in range(inputs)) + f", %arg{inputs}: {index_type} loc(unknown)"
    types = ", ".join([ty] * len(returned))
    attrs = ('module.FLOPs = 1 : i64, module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64,'
             ' module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX",'
             ' module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_REORDERED", module.top_run_mode = "STATIC",'
             ' module.weight_file = "none.npz"')
    return "\n".join([f"module @net attributes {{{attrs}}} {{", f"  func.func @main({arguments}) -> ({types}) {{", *lines,
                      f"    return {', '.join(returned)} : {types} loc(unknown)", "  } loc(unknown)", "} loc(unknown)", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--programs", dest="folders", default="", help="folders of NAME.tpu.mlir, joined by commas")
    parser.add_argument("--random", type=int, default=100)
    arguments = parser.parse_args()
    if "TPUC_PEER" not in os.environ:
        parser.error("run it inside the environment of ../shared/peer/setup.sh")
    ours, theirs = arguments.programs.resolve() / "tpuc-opt", pathlib.Path(os.environ["TPUC_PEER"]) / "bin/tpuc-opt"
    counts = {which: {"equal": [], "meant": [], "differ": [], "refused": []} for which in PASSES}
    golden = SHARED / "golden"
    sources = [(f"{p.parent.name}.{p.stem[4:]}", p) for p in sorted([*golden.glob("ops/*/tpu_*.mlir"), *golden.glob("models/*/tpu_*.mlir")])]
    for folder in filter(None, arguments.folders.split(",")):
        sources += [(p.name[: -len(".tpu.mlir")], p) for p in sorted(pathlib.Path(folder).resolve().glob("*.tpu.mlir"))]
    missing = []
    for name, source in sources:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            start = reordered(source, theirs, folder)
            if start is None:
                missing.append(name)
            else:
                compare(name, start, ours, theirs, folder, counts)
    for seed in range(arguments.random):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            start = folder / "start.mlir"
            start.write_text(random_program(seed))
            compare(f"random{seed}", start, ours, theirs, folder, counts)
    for which, count in counts.items():
        line = f"{which}: {len(count['equal'])} equal, {len(count['meant'])} meant to differ, {len(count['differ'])} differ"
        print(line + (f", {len(count['refused'])} refused by the real tool" if count["refused"] else ""))
        for kind in ("differ", "refused"):
            if count[kind]:
                print(f"  {kind}: {' '.join(count[kind])}")
    if missing:
        print(f"the real weight-reorder fails on {' '.join(missing)} (weights are missing in the golden folder)")
    return any(count["differ"] for count in counts.values())


if __name__ == "__main__":
    sys.exit(main())
