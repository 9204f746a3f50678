#!/usr/bin/env python3
"""Records what the vendor's simulator gives for small hand-made commands, for runtime/src/emulator/recorded.json.

Inside the environment of ../shared/peer/setup.sh: tests/peer/record.py OUT.json [SHARED]. Memory before each command is a pattern
that the test makes too: word `i` of lane `l` is the f32 ((7 l + 5 i) mod 23) - 11, or byte `o` of lane `l` is (31 l + 7 o + o div 256) mod 256.
"""
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "../../../shared")
sys.path[:0] = [os.path.join(SHARED, "bm1684"), HERE]
from differ import default_dma, default_tiu, local_address as at  # noqa: E402
from vendor_worker import Vendor  # noqa: E402

FLOAT = dict(opt_res0_prec=2, opt_opd0_prec=2, opt_opd1_prec=2, opt_opd2_prec=2)
PLACES = dict(res0_addr=at(0, 0x1000), opd0_addr=at(0, 0x2000), opd1_addr=at(0, 0x3000), opd2_addr=at(0, 0x4000),
              res1_addr=at(0, 0x5000), opd3_addr=at(0, 0x6000))
PAIRS = {f"{operand}_{dim}_str": stride for operand, strides in (("res0", (1, 64, 6, 2)), ("opd0", (1, 64, 6, 2)), ("opd1", (0, 1, 0, 0)))
         for dim, stride in zip("nchw", strides)}
VECTORS = dict(opd0_c=2, opd0_w=2, opd1_w=1, res0_c=2, res0_w=3)


def tiu(pattern, **fields):
    return "tiu", pattern, {**default_tiu(), **PLACES, **(FLOAT if pattern == "f32" else {}), **fields}


def dma(pattern, shape, **fields):
    n, c, h, w = shape
    command = default_dma()
    for side in ("src", "dst"):
        for dim, size, stride in zip("nchw", shape, (h * w, h * w, w, 1)):
            command[f"{side}_{dim}size"], command[f"{side}_{dim}stride"] = size, stride
    command.update(direction=3, src_start_addr_l32=at(4, 0x2000), dst_start_addr_l32=at(5, 0x9000), **fields)
    return "dma", pattern, command


CASES = {
    **{f"outer {eu}": tiu("f32", tsk_typ=14, tsk_eu_typ=eu, **VECTORS) for eu in (0, 2, 3, 4, 5, 12)},
    **{f"compare {eu}": tiu("f32", tsk_typ=13, tsk_eu_typ=eu, res0_c=2, res0_w=4) for eu in (22, 23, 24)},
    "left_tran f32": tiu("f32", tsk_typ=2, opt_left_tran=1, opd0_n=3, opd0_c=2, opd0_w=2, opd1_w=1, res0_n=3, res0_c=2, res0_w=2),
    "left_tran i8": tiu("bytes", tsk_typ=2, opt_left_tran=1, opd0_n=2, opd0_c=2, opd0_w=2, opd1_w=2, res0_n=2, res0_c=1, res0_w=3,
                        opt_right_shift=6, opt_opd0_sign=1),
    "matmul operation 1": tiu("f32", tsk_typ=2, tsk_eu_typ=1, opd0_c=2, opd0_w=2, opd1_w=2, res0_c=2, res0_w=2),
    "matmul 8-bit bias": tiu("bytes", tsk_typ=2, tsk_opd_num=3, opd0_c=1, opd0_w=2, opd1_w=2, res0_w=4, opt_right_shift=8),
    "matmul sign of an absent bias": tiu("bytes", tsk_typ=2, opd0_c=1, opd0_w=2, opd1_w=2, res0_w=4, opt_right_shift=7, opt_opd1_sign=0),
    "conv weights without strides": tiu("f32", tsk_typ=0, opd0_c=5, opd0_h=2, opd0_w=3, opd1_h=2, opd1_w=2, res0_c=2, res0_w=2),
    "conv rows of weights without strides": tiu("f32", tsk_typ=0, opd0_c=3, opd0_w=2, opd1_w=2, res0_c=66),
    "conv with result strides": tiu("f32", tsk_typ=0, short_opd1_str=3, short_res0_str=3, res0_h=2, res0_w=2, res0_h_str=7, opd0_h=2, opd0_w=2),
    "depthwise 8-bit bias": tiu("bytes", tsk_typ=1, tsk_eu_typ=1, tsk_opd_num=3, res0_c=2, opd0_c=2, opt_right_shift=5),
    "conv to 16 bits": tiu("bytes", tsk_typ=0, short_opd1_str=3, opt_res0_prec=3, res0_n=5, opd0_n=5, opd0_c=3, opd0_h=2, opd0_w=3, opd1_h=2,
                           opd1_w=2, opd1_h_str=2, opd1_c_str=4, res0_c=2, res0_w=2, opt_opd0_sign=1, opt_right_shift=2),
    "conv to 16 bits unsigned": tiu("bytes", tsk_typ=0, short_opd1_str=3, opt_res0_prec=3, opd0_c=4, opd0_w=2, res0_c=66, res0_w=2,
                                    opt_relu=1, tsk_opd_num=3, opt_opd2_prec=3),
    "depthwise to 16 bits": tiu("bytes", tsk_typ=1, tsk_eu_typ=1, opt_res0_prec=3, res0_n=5, opd0_n=5, opd0_c=2, opd0_h=2, opd0_w=3, opd1_h=2,
                                res0_c=2, res0_w=3, opt_opd0_sign=1, opt_right_shift=1),
    "shift by channels in pairs of words": tiu("bytes", tsk_typ=3, tsk_eu_typ=6, opt_res0_prec=3, opt_opd0_prec=3, opt_opd1_prec=3, opt_opd0_sign=1,
                                               opt_shift_typ=1, res0_n=4, res0_c=2, res0_w=3, short_res0_str=3, short_opd0_str=3,
                                               short_opd1_str=3, **PAIRS),
    "neq1 f32": tiu("f32", tsk_typ=3, tsk_eu_typ=2, res0_n=2, res0_w=3, opd0_neq1=1),
    "f32 to f16": dma("f32", (1, 2, 1, 5), special_func=3, src_data_format=0, dst_data_format=4),
    "f16 to f32": dma("bytes", (1, 2, 1, 5), special_func=3, src_data_format=4, dst_data_format=0),
    "f16 to s8": dma("bytes", (1, 1, 1, 8), special_func=3, src_data_format=4, dst_data_format=3),
    "u8 to f16": dma("bytes", (1, 1, 1, 8), special_func=3, src_data_format=2, dst_data_format=4),
    "f32 to u8": dma("f32", (1, 1, 1, 9), special_func=3, src_data_format=0, dst_data_format=2),
    "lrn clears after": dma("f32", (1, 3, 1, 2), special_func=2, lrn_shift_num=2),
    "lrn clears before": dma("f32", (1, 3, 1, 2), special_func=2, lrn_shift_num=3, lrn_shift_dir=1),
}


def main():
    lanes, words, offsets = np.arange(64)[:, None], np.arange(0x20000)[None], np.arange(0x80000)[None]
    patterns = {"f32": ((7 * lanes + 5 * words) % 23 - 11).astype(np.float32).view(np.uint8),
                "bytes": ((31 * lanes + 7 * offsets + offsets // 256) % 256).astype(np.uint8)}
    simulators = {name: Vendor(np.ascontiguousarray(pattern), np.zeros(4096, np.uint8)) for name, pattern in patterns.items()}
    recorded = []
    for name, (engine, pattern, fields) in CASES.items():
        state, changes = simulators[pattern].run(engine, fields)
        assert state == "ok", (name, changes)
        runs = []
        for (memory, lane), values in sorted(changes.items()):
            assert memory == "local"
            for offset in sorted(values):
                if runs and runs[-1][0] == lane and runs[-1][1] + len(runs[-1][2]) == offset:
                    runs[-1][2].append(values[offset])
                else:
                    runs.append([lane, offset, [values[offset]]])
        fields = {field: value for field, value in fields.items() if value}
        recorded.append(dict(name=name, engine=engine, pattern=pattern, fields=fields, changed=runs))
    with open(sys.argv[1], "w", encoding="utf8") as out:
        out.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in recorded) + "\n]\n")
    print(len(recorded), "commands")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
