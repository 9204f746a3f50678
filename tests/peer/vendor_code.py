#!/usr/bin/env python3
"""Lowered programs of the networks that generated code is measured on, and the vendor's bmodels of them.

    tests/peer/vendor_code.py PROGRAMS-FOLDER ONNX-FOLDER OUT-FOLDER [--only NAME.KIND,...] [--again] [--limit SECONDS] [--quick | --own]

PROGRAMS-FOLDER holds our `tpuc` and `tpuc-opt`. ONNX-FOLDER holds NAME.onnx: those of ../shared/models, and resnet18, resnet50,
mobilenet_v2, squeezenet1_1, shufflenet_v2_x1_0, yolov8n from ../shared/models/make_models.py; yolov8n_b4.onnx is yolov8n exported with
`batch=4`, since its reshapes hold the batch. Run it inside the environment of ../shared/peer/setup.sh, on a quiet machine if
the seconds are to mean something; OUT-FOLDER is not for the repository.

For each NAME.KIND (KIND: f32, int8, int8_b4) it makes with our programs
    NAME.KIND.tpu.mlir, NAME.KIND.tpu_weights.npz      the lowered program, from which both compilers start
and from that with the vendor's tpuc-opt (the passes that its model_deploy.py runs at its default level, opt=2, with the
configuration of the search for layer groups that it writes beside the text: without that file tpuc-opt searches much less)
    NAME.KIND.bmodel, NAME.KIND.final.mlir             unless it fails or takes longer than the limit (900 s)
and keeps in figures.json what that took: wall seconds of its two steps (final text, bmodel), processor seconds, peak memory, and
the load average before and after. Jobs run one at a time with the lowest priority. What is there already is not made again.
With --quick the vendor's results go to OUT-FOLDER/quick/, made without that file, as when its tpuc-opt is called by hand.
With --own everything is the vendor's, from the ONNX file on, and goes to OUT-FOLDER/own/: its text can differ from ours (equal slices
are not merged, for one), and so can what its search makes of it, and how long that takes.
Thresholds hardly change commands (a layer may fall back to F32), so a few pictures do; golden tables where there are some.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SHARED = pathlib.Path(os.environ.get("TPUC_SHARED", HERE / "../../../shared")).resolve()
CLASSIFIER = dict(size=(224, 224), mean="123.675,116.28,103.53", scale="0.0171,0.0175,0.0174", pixels="rgb", pictures="imagenet")
FACES = dict(mean="127,127,127", scale="0.0078125,0.0078125,0.0078125", pixels="rgb", pictures="faces")
NETWORKS = {
    "mnist": dict(size=(28, 28), channels=1, mean="0", scale="1", pixels="gray", table="mnist"),
    "rfb320": dict(size=(240, 320), table="rfb320", **FACES),
    "fastestdet": dict(size=(352, 352), mean="0,0,0", scale="0.00392156886,0.00392156886,0.00392156886", pixels="bgr", table="fastestdet"),
    "squeezenet1_1": CLASSIFIER,
    "resnet18": CLASSIFIER,
    "mobilenet_v2": CLASSIFIER,
    "shufflenet_v2_x1_0": CLASSIFIER,
    "resnet50": CLASSIFIER,
    "yolov8n": dict(size=(640, 640), mean="0,0,0", scale="0.00392156886,0.00392156886,0.00392156886", pixels="rgb", pictures="coco"),
    "rfb640": dict(size=(480, 640), **FACES),
}
# Small ones first; the last is the one that the vendor is known to take long for.
JOBS = [f"{name}.{kind}" for name in NETWORKS if name != "rfb640" for kind in ("int8", "f32")]
JOBS += ["resnet50.int8_b4", "yolov8n.int8_b4", "rfb640.int8", "rfb640.f32"]
# What model_deploy.py passes to tpuc-opt at its defaults (python/utils/mlir_shell.py of 1.30.2).
VENDOR_FINAL = [
    "--mlir-disable-threading",
    "--strip-io-quant=quant_input=False quant_output=False quant_input_list= quant_output_list= quant_output_bf16=False"
    " quant_input_int8=False quant_output_int8=False ",
    "--processor-tpu-optimize", "--dev-parallel", "--weight-reorder", "--subnet-divide=dynamic=False", "--op-reorder", "--topo-sort",
    "--layer-group=opt=2 group_by_cores=auto compress_mode=none debugger=0 disable_group_overlap=false lgcache=true config_filename="
    " enable_lghash=False lghash_dir=",
    "--affine-opt", "--core-parallel", "--after-layergroup-weight-reorder", "--address-assign",
]
CALIBRATION_PICTURES = 4


def run(arguments, folder):
    """Runs one of our programs; its complaint ends the script's job."""
    done = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(str(a) for a in arguments)}\n{done.stderr[-2000:]}{done.stdout[-500:]}")


def transform(programs, onnx_folder, out, name, batch):
    """The top program, once."""
    net = NETWORKS[name]
    stem = name if batch == 1 else f"{name}_b{batch}"
    folder = out / "top"
    folder.mkdir(exist_ok=True)
    text = folder / f"{stem}.mlir"
    if not text.exists():
        model = onnx_folder / f"{stem}.onnx"
        if not model.exists():
            model = onnx_folder / f"{name}.onnx"
        shape = [[batch, net.get("channels", 3), *net["size"]]]
        run([programs / "tpuc", "transform", "--model_name", name, "--model_def", model, "--input_shapes", json.dumps(shape).replace(" ", ""),
             "--mean", net["mean"], "--scale", net["scale"], "--pixel_format", net["pixels"], "--mlir", text.name], folder)
    return text


def table(programs, onnx_folder, out, name):
    """The calibration table: the golden one, or one from a few pictures through the network with batch 1."""
    net = NETWORKS[name]
    if "table" in net:
        return SHARED / "golden/models" / net["table"] / "cali_table"
    path = out / "top" / f"{name}_cali_table"
    if not path.exists():
        text = transform(programs, onnx_folder, out, name, 1)
        run([programs / "tpuc", "calibrate", text.name, "--dataset", SHARED / "images" / net["pictures"], "--input_num", CALIBRATION_PICTURES,
             "--cali_method", "max", "-o", path.name], out / "top")
    return path


def lower(programs, onnx_folder, out, job):
    """NAME.KIND.tpu.mlir and its weights."""
    name, kind = job.rsplit(".", 1)
    batch = int(kind.split("_b")[1]) if "_b" in kind else 1
    mode = "F32" if kind.startswith("f32") else "INT8"
    result = out / f"{job}.tpu.mlir"
    if result.exists():
        return
    folder = out / "lower" / job
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = transform(programs, onnx_folder, out, name, batch)
    passes = [f"--processor-assign=chip=bm1684 mode={mode} num_device=1 num_core=1 addr_mode=auto"]
    if mode == "INT8":
        passes.append(f"--import-calibration-table=file={table(programs, onnx_folder, out, name)} asymmetric=false")
    weights = f"{job}.tpu_weights.npz"
    passes += ["--processor-top-optimize", f"--convert-top-to-tpu=weightFileName={weights} asymmetric=false", "--canonicalize", "--weight-fold"]
    run([programs / "tpuc-opt", text, *passes, "-o", result.name], folder)
    shutil.move(folder / weights, out / weights)
    shutil.move(folder / result.name, result)
    shutil.rmtree(folder)


def own_lower(onnx_folder, out, job):
    """OUT/own/NAME.KIND.tpu.mlir and its weights by the vendor's tools, with the options of our own flow."""
    name, kind = job.rsplit(".", 1)
    net, batch = NETWORKS[name], int(kind.split("_b")[1]) if "_b" in kind else 1
    mode = kind.split("_b")[0].upper()
    result = out / f"{job}.tpu.mlir"
    if result.exists():
        return
    folder = out / "lower" / job
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = onnx_folder / f"{name}_b{batch}.onnx"
    shape = json.dumps([[batch, net.get("channels", 3), *net["size"]]]).replace(" ", "")
    model = model if model.exists() else onnx_folder / f"{name}.onnx"
    run(["model_transform.py", "--model_name", name, "--model_def", model, "--input_shapes", shape,
         "--mean", net["mean"], "--scale", net["scale"], "--pixel_format", net["pixels"], "--mlir", "top.mlir"], folder)
    passes = [f"--processor-assign=chip=bm1684 mode={mode} num_device=1 num_core=1 addr_mode=auto high_precision=False"]
    if mode == "INT8":
        thresholds = SHARED / "golden/models" / net.get("table", "") / "cali_table"
        if "table" not in net:
            thresholds, pictures = "cali_table", SHARED / "images" / net["pictures"]
            run(["run_calibration.py", "top.mlir", "--dataset", pictures, "--input_num", CALIBRATION_PICTURES, "-o", thresholds], folder)
        passes.append(f"--import-calibration-table=file={thresholds} asymmetric=False")
    weights = f"{job}.tpu_weights.npz"
    passes += ["--processor-top-optimize", f"--convert-top-to-tpu=weightFileName={weights} asymmetric=False doWinograd=False q_group_size=64"
               " q_symmetric=False matmul_perchannel=False gelu_mode=normal", "--canonicalize", "--weight-fold"]
    run([os.path.join(os.environ["TPUC_PEER"], "bin/tpuc-opt"), "top.mlir", *passes, "-o", result.name], folder)
    shutil.move(folder / weights, out / weights)
    shutil.move(folder / result.name, result)
    shutil.rmtree(folder)


def timed(arguments, folder, log, seconds):
    """Runs one of the vendor's programs; returns (how it ended, wall seconds, processor seconds, peak MB)."""
    started = time.monotonic()
    child = subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def too_long(*_):
        os.killpg(child.pid, signal.SIGKILL)
        child.was_stopped = True

    child.was_stopped = False
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
    _, status, usage = os.wait4(child.pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    child.returncode = status
    ended = "stopped" if child.was_stopped else "finished" if status == 0 else f"failed with status {os.waitstatus_to_exitcode(status)}"
    return ended, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def write_search_configuration(folder, job):
    """The file that model_deploy.py writes before it calls tpuc-opt, by the vendor's own script; tpuc-opt finds it by its name."""
    name, kind = job.rsplit(".", 1)
    mode = kind.split("_b")[0].upper()
    script = os.path.join(os.environ["TPUC_PEER"], "python/tools/gen_layer_group_config.py")
    run(["python", script, "--model_name", name, "--chip", "bm1684", "--quantize", mode, "--silence"], folder)


def vendor_compile(source, vendor, job, limit, quick):
    """The vendor's final text and bmodel from the program in `source`, put into `vendor`; returns the row of figures.json."""
    folder = vendor / "vendor" / job
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in (f"{job}.tpu.mlir", f"{job}.tpu_weights.npz"):
        shutil.copy(source / name, folder / name)
    if not quick:
        write_search_configuration(folder, job)
    opt = os.path.join(os.environ["TPUC_PEER"], "bin/tpuc-opt")
    row = {"load_before": os.getloadavg()[0]}
    left = limit
    with open(folder / "log", "wb") as log:
        for step, arguments in (
            ("final", [opt, f"{job}.tpu.mlir", *VENDOR_FINAL, "-o", "final.mlir", "--debug_cmd="]),
            ("bmodel", [opt, "final.mlir", "--codegen=model_file=net.bmodel embed_debug_info=False model_version=latest bmodel_only=False"
                        " gdma_check=False rvti=False", "-o", "/dev/null"]),
        ):
            ended, wall, processor, peak = timed(arguments, folder, log, left)
            row[f"{step}_seconds"], row[f"{step}_cpu_seconds"] = round(wall, 2), round(processor, 2)
            row["peak_mb"] = round(max(peak, row.get("peak_mb", 0)))
            left -= wall
            if ended != "finished":
                row["result"] = f"stopped after {limit} s" if ended == "stopped" else f"{step} {ended}"
                break
        else:
            row["result"] = "finished"
            row["seconds"] = round(row["final_seconds"] + row["bmodel_seconds"], 2)
            row["cpu_seconds"] = round(row["final_cpu_seconds"] + row["bmodel_cpu_seconds"], 2)
            shutil.copy(folder / "net.bmodel", vendor / f"{job}.bmodel")
            shutil.copy(folder / "final.mlir", vendor / f"{job}.final.mlir")
    row["load_after"] = os.getloadavg()[0]
    log = (folder / "log").read_bytes()
    if quick != (b"Can not open config file" in log):
        raise RuntimeError(f"{job}: the search's configuration was {'found' if quick else 'not found'} by the vendor's tpuc-opt: {folder}/log")
    shutil.copy(folder / "log", vendor / f"{job}.vendor.log")
    shutil.rmtree(folder)
    return row


def write_figures(path, figures):
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(figures, indent=1) + "\n")
    partial.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("onnx", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", help="jobs, joined by commas")
    parser.add_argument("--again", action="store_true", help="time the vendor again; the better of two times is kept")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="without the search's configuration, into OUT/quick")
    how.add_argument("--own", action="store_true", help="the vendor's flow from the ONNX file on, into OUT/own")
    parser.add_argument("--limit", type=int, default=900, help="seconds that the vendor gets for one job")
    arguments = parser.parse_args()
    jobs = arguments.only.split(",") if arguments.only else JOBS
    unknown = [job for job in jobs if job not in JOBS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(JOBS)}")
    if "TPUC_PEER" not in os.environ:
        parser.error("run it inside the environment of ../shared/peer/setup.sh")
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    programs, onnx_folder, out = (path.resolve() for path in (arguments.programs, arguments.onnx, arguments.out))
    vendor = out / "quick" if arguments.quick else out / "own" if arguments.own else out
    source = vendor if arguments.own else out
    vendor.mkdir(parents=True, exist_ok=True)
    path = vendor / "figures.json"
    failed = False
    # All texts first: what compiles ours must not wait for the vendor.
    for job in jobs:
        try:
            if arguments.own:
                own_lower(onnx_folder, vendor, job)
            else:
                lower(programs, onnx_folder, out, job)
        except RuntimeError as error:
            failed = True
            print(f"{job}: not lowered: {error}", file=sys.stderr, flush=True)
    for job in jobs:
        figures = json.loads(path.read_text()) if path.exists() else {}
        if not (source / f"{job}.tpu.mlir").exists() or (job in figures and not arguments.again):
            continue
        row = vendor_compile(source, vendor, job, arguments.limit, arguments.quick)
        before = figures.get(job)
        if before and before["result"] == "finished" and before["seconds"] <= row.get("seconds", float("inf")):
            row = before
        figures[job] = row
        write_figures(path, figures)
        print(f"{job}: {row['result']}, {row.get('seconds', '-')} s, processor {row.get('cpu_seconds', '-')} s, load {row['load_before']:.1f}"
              f" to {row['load_after']:.1f}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
