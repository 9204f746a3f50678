#!/usr/bin/env python3
"""Random commands on the vendor's simulator and on our emulator; every byte of memory must be equal afterwards.

Inside the environment of ../shared/peer/setup.sh:
  tests/peer/differ.py PROGRAMS-FOLDER [--kinds conv,arith,...] [--count N] [--seed S] [--shared FOLDER] [--show N]
PROGRAMS-FOLDER holds `examples/run_commands` (cargo build --release -p tpuc-runtime --examples).
The vendor's simulator may end its process on a command; then ours has to refuse the command too. For each kind the counts
are printed: equal, refused by both, only ours refuses, only the vendor's refuses, different. The latter three print the
first cases with the fields that are not the default.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile

import numpy as np

LANE = 0x80000
LMEM = 0x8000000
DDR = 0x100000000
L2 = 0x10000000
ALL = (1 << 64) - 1


def local_address(lane, offset):
    return LMEM + lane * LANE + offset


def default_tiu():
    fields = dict(cmd_en=1, cmd_id_en=1, cmd_id_tpu=1, tsk_lane_num=ALL, res_op_x_str=1, res_op_y_str=1, tsk_opd_num=2,
                  opt_opd1_sign=1, opt_opd2_sign=1, short_opd2_str=2)
    for operand in ("res0", "opd0", "opd1"):
        fields.update({f"{operand}_{dim}": 1 for dim in "nchw"})
    for operand in ("res0", "opd0", "opd1", "opd2"):
        fields.update({f"{operand}_{dim}_str": 1 for dim in "nchw"})
    return fields


def default_dma():
    return dict(pio_gdma_enable=1, barrier_enable=1, prefetch_disable=1, cmd_id=1, lrn_shift_num=1, stride_enable=1,
                localmem_mask_l32=0xffffffff, localmem_mask_h32=0xffffffff)


class Random:
    """What generators draw from."""

    def __init__(self, seed):
        self.g = np.random.default_rng(seed)

    def int(self, low, high):
        return int(self.g.integers(low, high + 1))

    def of(self, *values):
        return values[self.int(0, len(values) - 1)]

    def chance(self, probability):
        return self.g.random() < probability

    def lane(self):
        return 0 if self.chance(0.5) else self.int(0, 63)

    def channels(self):
        return self.of(1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 70, 130) if self.chance(0.5) else self.int(1, 12)

    def float_bits(self):
        x = np.float32(self.of(0.0, -0.0, 1.0, -1.5, 3e38, 1e-39, np.inf, np.nan) if self.chance(0.2) else self.g.normal() * 4)
        return int(x.view(np.uint32))

    def bits(self):
        return self.int(0, (1 << 32) - 1)


def place(r, fields, names, align=128, lanes=None):
    """Start addresses in separate parts of the lanes."""
    for index, name in enumerate(names):
        lane = r.lane() if lanes is None else lanes
        fields[name] = local_address(lane, 0x8000 * (index + 1) + align * r.int(0, 3))


def strides(r, fields, operand, shape, size, align):
    """Explicit strides (words) that keep elements apart."""
    n, c, h, w = shape
    w_str = 1 if r.chance(0.6) else r.int(1, 3)
    h_str = w * w_str + (0 if r.chance(0.5) else r.int(0, 4))
    c_str = h * h_str + (0 if r.chance(0.5) else r.int(0, 9))
    rows = (63 + c + 63) // 64 + 1
    n_str = rows * c_str + r.int(0, 5)
    for dim, value in zip("nchw", (n_str, c_str, h_str, w_str)):
        fields[f"{operand}_{dim}_str"] = value


PRECISIONS = {"i8": 0, "f32": 2, "i16": 3, "i32": 4}


def arith(r, fields, eus, precisions):
    shape = [r.int(1, 5), r.channels(), r.int(1, 4), r.int(1, 6)]
    fields.update(tsk_typ=3, tsk_eu_typ=r.of(*eus))
    fields.update({f"res0_{dim}": value for dim, value in zip("nchw", shape)})
    for name in ("res0", "opd0", "opd1"):
        fields[f"opt_{name}_prec"] = r.of(*precisions)
        if r.chance(0.5):
            fields[f"short_{name}_str"] = r.of(1, 2, 3, 4)
            strides(r, fields, name, shape, 4, 4)
            if name != "res0" and r.chance(0.2):
                for dim in r.of("n", "c", "h", "w", "hw", "nchw"):
                    fields[f"{name}_{dim}_str"] = 0
        else:
            fields[f"short_{name}_str"] = 0
    place(r, fields, ("res0_addr", "opd0_addr", "opd1_addr", "opd2_addr"), 4)
    for name in ("opd0", "opd1"):
        if r.chance(0.15):
            fields[f"opt_{name}_const"] = 1
            fields[f"{name}_addr"] = r.float_bits() if precisions == (2,) else r.bits()
        elif r.chance(0.1):
            fields[f"{name}_neq1"] = 1
        fields[f"opt_{name}_sign"] = r.int(0, 1)
    fields["opd2_addr"] = r.float_bits() if precisions == (2,) else r.bits()
    fields["opt_opd2_const"] = r.int(0, 1)
    fields["opt_right_shift"] = 0 if r.chance(0.5) else r.int(0, 31)
    fields["opt_left_shift"] = 0 if r.chance(0.7) else r.int(0, 31)
    fields["opt_shift_typ"] = r.int(0, 1)
    fields["opt_relu"] = r.int(0, 1)
    fields["opt_res_add_sign"] = r.int(0, 1)
    return "tiu", fields


def arith_float(r, fields):
    return arith(r, fields, (0, 1, 2, 3, 4, 5, 10, 11, 12, 19), (2,))


def arith_int8(r, fields):
    return arith(r, fields, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19), (0,))


def arith_int16(r, fields):
    return arith(r, fields, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19), (3,))


def arith_int32(r, fields):
    return arith(r, fields, (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19), (4,))


def arith_mixed(r, fields):
    return arith(r, fields, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19), (0, 3))


def window(r, fields, float_type, channels_in):
    h, w = r.int(1, 7), r.int(1, 7)
    kh, kw = r.int(1, 3), r.int(1, 3)
    insert, dilate = (r.int(0, 2), r.int(0, 2)) if r.chance(0.3) else (0, 0), (r.int(0, 2), r.int(0, 2)) if r.chance(0.3) else (0, 0)
    up, down, left, right = (r.int(0, 2) for _ in range(4)) if r.chance(0.5) else (0, 0, 0, 0)
    padded_h, padded_w = (h - 1) * (insert[0] + 1) + 1 + up + down, (w - 1) * (insert[1] + 1) + 1 + left + right
    reach_h, reach_w = (kh - 1) * (dilate[0] + 1) + 1, (kw - 1) * (dilate[1] + 1) + 1
    if reach_h > padded_h or reach_w > padded_w:
        kh = kw = reach_h = reach_w = 1
    step_y, step_x = r.int(1, 3), r.int(1, 3)
    n, c = r.int(1, 5), r.channels()
    precision = 2 if float_type else 0
    fields.update(opd0_n=n, opd0_c=channels_in or c, opd0_h=h, opd0_w=w, opd1_h=kh, opd1_w=kw, opd0_y_ins0=insert[0],
                  opd0_x_ins0=insert[1], opd1_y_ins0=dilate[0], opd1_x_ins0=dilate[1], opd0_up_pad=up, opd0_dn_pad=down,
                  opd0_lf_pad=left, opd0_rt_pad=right, res_op_y_str=step_y, res_op_x_str=step_x, res0_n=n, res0_c=c,
                  res0_h=(padded_h - reach_h) // step_y + 1, res0_w=(padded_w - reach_w) // step_x + 1,
                  opt_res0_prec=precision, opt_opd0_prec=precision, opt_opd1_prec=precision,
                  opt_opd2_prec=2 if float_type else r.of(0, 3, 3, 3), opt_relu=r.int(0, 1), opt_shift_typ=r.int(0, 1),
                  tsk_opd_num=r.int(2, 3), opt_right_shift=0 if r.chance(0.3) else r.int(0, 31))
    for name in ("opd0", "opd1", "opd2"):
        fields[f"opt_{name}_sign"] = r.int(0, 1)
    place(r, fields, ("res0_addr", "opd0_addr", "opd1_addr", "opd2_addr"))
    if r.chance(0.15):
        fields.update(opt_opd1_const=1, opd1_addr=r.float_bits() if float_type else r.bits())
    return n, c, h, w, kh, kw


def conv(r, fields, float_type):
    channels_in = r.of(1, 2, 3, 4, 5, 8, 9, 17, 65)
    n, c, h, w, kh, kw = window(r, fields, float_type, channels_in)
    group = 2 if float_type else 4
    groups = -(-channels_in // group)
    fields.update(tsk_typ=0, tsk_eu_typ=0, opt_kernel_rotate=r.int(0, 1), short_res0_str=r.of(0, 3), opd1_c=channels_in,
                  short_opd1_str=3 if r.chance(0.9) else r.int(0, 7))
    if r.chance(0.7):
        fields.update(opd1_n_str=1, opd1_w_str=groups, opd1_h_str=kw * groups, opd1_c_str=kh * kw * groups)
    else:
        fields.update(opd1_n_str=kh * kw, opd1_w_str=1, opd1_h_str=kw, opd1_c_str=kh * kw * groups)
    if r.chance(0.5):
        fields["short_opd0_str"] = 3
        strides(r, fields, "opd0", (n, channels_in, h, w), 4, 4)
    if r.chance(0.15):
        fields["short_res0_str"] = 3
        strides(r, fields, "res0", (n, c, fields["res0_h"], fields["res0_w"]), 4, 4)
    if r.chance(0.1):
        fields["opt_res0_prec"] = 3
    if r.chance(0.1):
        fields["opt_left_shift"] = r.int(0, 8)
    return "tiu", fields


def conv_float(r, fields):
    return conv(r, fields, True)


def conv_int8(r, fields):
    return conv(r, fields, False)


def depthwise_float(r, fields):
    window(r, fields, True, None)
    fields.update(tsk_typ=1, tsk_eu_typ=1, opt_kernel_rotate=r.int(0, 1))
    return "tiu", fields


def depthwise_int8(r, fields):
    window(r, fields, False, None)
    fields.update(tsk_typ=1, tsk_eu_typ=1, opt_kernel_rotate=r.int(0, 1))
    if r.chance(0.1):
        fields["opt_res0_prec"] = 3
    return "tiu", fields


def wide(fields):
    """A window over bytes with a result of 16 bits, as a shift for each channel needs it."""
    batches = min(fields["res0_n"], 4)
    fields.update(opt_res0_prec=3, res0_n=batches, opd0_n=batches)
    if fields.pop("opt_opd1_const", 0):
        fields["opd1_addr"] = local_address(0, 0x18000)
    return "tiu", fields


def conv_wide(r, fields):
    conv(r, fields, False)
    fields["short_opd1_str"] = 3
    return wide(fields)


def depthwise_wide(r, fields):
    depthwise_int8(r, fields)
    return wide(fields)


def max_pool(r, fields):
    window(r, fields, r.chance(0.5), None)
    fields.update(tsk_typ=1, tsk_eu_typ=4, opt_opd1_const=0, opt_relu=0, opd0_x_ins0=0, opd0_y_ins0=0)
    h = fields["opd0_h"] + fields["opd0_up_pad"] + fields["opd0_dn_pad"]
    w = fields["opd0_w"] + fields["opd0_lf_pad"] + fields["opd0_rt_pad"]
    reach_h, reach_w = ((fields[f"opd1_{d}"] - 1) * (fields[f"opd1_{i}_ins0"] + 1) + 1 for d, i in (("h", "y"), ("w", "x")))
    if reach_h > h or reach_w > w:
        fields.update(opd1_h=1, opd1_w=1)
        reach_h = reach_w = 1
    fields.update(res0_h=(h - reach_h) // fields["res_op_y_str"] + 1, res0_w=(w - reach_w) // fields["res_op_x_str"] + 1)
    return "tiu", fields


def matmul(r, fields):
    float_type = r.chance(0.5)
    precision = 2 if float_type else 0
    lanes, width = r.of(1, 2, 3, 5, 64, 65), r.int(1, 6)
    fields.update(tsk_typ=2, tsk_eu_typ=r.of(0, 0, 0, 1), opd0_n=r.int(1, 6), opd0_c=lanes, opd0_w=width, opd1_w=r.int(1, width),
                  res0_c=r.of(1, 2, 3, 64, 65), res0_w=r.int(1, 9), opt_res0_prec=precision if float_type or r.chance(0.7) else 3,
                  opt_opd0_prec=precision, opt_opd1_prec=precision, opt_opd2_prec=2 if float_type else r.of(0, 3),
                  tsk_opd_num=r.int(2, 3), opt_res_add=r.int(0, 1), opt_res_add_sign=r.int(0, 1), opt_relu=r.int(0, 1),
                  opt_right_shift=r.int(0, 20), opt_left_shift=r.int(0, 10), opt_shift_typ=r.int(0, 1))
    fields["res0_n"] = fields["opd0_n"]
    fields["opd1_n"] = (lanes - 1) * width + fields["opd1_w"]
    fields["opd1_c"] = fields["res0_c"]
    for name in ("opd0", "opd1", "opd2"):
        fields[f"opt_{name}_sign"] = r.int(0, 1)
    place(r, fields, ("res0_addr", "opd0_addr", "opd2_addr"))
    fields["opd1_addr"] = local_address(r.lane(), 0x40000)
    if r.chance(0.15):
        fields["opt_left_tran"] = 1
    return "tiu", fields


def aligned(r, fields, task, eus):
    fields.update(tsk_typ=task, tsk_eu_typ=r.of(*eus))
    fields.update(res0_n=r.int(1, 3), res0_c=r.channels(), res0_h=r.int(1, 4), res0_w=r.int(1, 9))
    fields.update({f"opt_{name}_prec": 2 for name in ("res0", "opd0", "opd1", "opd2")})
    place(r, fields, ("res0_addr", "opd0_addr", "opd1_addr", "opd2_addr", "res1_addr", "opd3_addr"))
    for name in ("opd0", "opd1", "opd2", "opd3"):
        if r.chance(0.25):
            fields[f"opt_{name}_const"] = 1
            fields[f"{name}_addr"] = r.float_bits()
    return "tiu", fields


def scalar(r, fields):
    return aligned(r, fields, 8, (0, 2, 3, 12))


def special(r, fields):
    aligned(r, fields, 9, (13, 14, 15, 16, 17))
    fields.update(opd1_addr=r.of(0x300c00, 0x300d00, 0x300e00), opd1_n=r.int(1, 12), opt_opd1_const=0)
    return "tiu", fields


def linear(r, fields):
    return aligned(r, fields, 10, (1, 20, 21))


def select(r, fields):
    aligned(r, fields, 13, (22, 23, 24))
    if r.chance(0.5):
        fields.update({f"opt_{name}_prec": 0 for name in ("res0", "opd0", "opd1", "opd2")})
    return "tiu", fields


def lut(r, fields):
    aligned(r, fields, 6, (0, 19))
    fields.update(opd1_addr=r.of(0x300c00, 0x300f00, 0x301300), opt_opd1_const=0, opd1_h=8, opt_opd0_prec=r.of(4, 2),
                  opt_res0_prec=r.of(4, 2))
    return "tiu", fields


def outer(r, fields):
    aligned(r, fields, 14, (0, 2, 3, 4, 5, 12))
    fields.update(opd0_c=r.of(1, 2, 3, 64, 65), opd0_w=r.int(1, 6), res0_c=r.of(1, 2, 3, 64, 65), res0_w=r.int(1, 9))
    fields.update(opd1_w=r.int(1, fields["opd0_w"]), opt_opd0_const=0, opt_opd1_const=0)
    place(r, fields, ("res0_addr", "opd0_addr", "opd1_addr"))
    fields["res0_addr"] = local_address(r.lane(), 0x40000)
    return "tiu", fields


def dma(r, fields):
    function = r.of(0, 0, 1, 2, 3, 4, 5)
    direction = r.int(0, 3)
    source_format = r.int(0, 4)
    destination_format = r.int(0, 4) if function == 3 else source_format
    shape = [r.int(1, 4), r.of(1, 2, 3, 5, 64, 66), r.int(1, 5), r.int(1, 6)]
    if function == 5:
        shape[0] = shape[2] = 1
    target = list(shape)
    if function == 5:
        target = [1, shape[3], 1, shape[1]]
    strided = r.chance(0.8)
    fields.update(special_func=function, direction=direction, src_data_format=source_format, dst_data_format=destination_format,
                  stride_enable=int(strided), constant_value=r.bits())
    for side, sizes, is_local, base in (("src", shape, direction in (1, 3), 0x8000), ("dst", target, direction in (0, 3), 0x20000)):
        n, c, h, w = (sizes[1], sizes[0], sizes[2], sizes[3]) if function == 1 and side == "dst" else sizes
        w_str = 1 if function == 5 or r.chance(0.6) else r.int(1, 3)
        h_str = w * w_str + r.of(0, 0, 1, 3)
        c_str = h * h_str + r.of(0, 0, 2)
        n_str = c_str * (2 + c // 64 + 1 if is_local else c) + r.of(0, 1)
        if r.chance(0.1):
            h_str, c_str = r.of((h_str, c_str), (0, c_str), (h_str, h_str)) if side == "src" else (h_str, c_str)
        for dim, value in zip("nchw", (n_str, c_str, h_str, w_str)):
            fields[f"{side}_{dim}stride"] = value
        for dim, value in zip("nchw", sizes):
            fields[f"{side}_{dim}size"] = value
        address = local_address(r.lane(), base + 4 * r.int(0, 3)) if is_local else DDR + base * 8 + 4 * r.int(0, 3)
        fields[f"{side}_start_addr_l32"], fields[f"{side}_start_addr_h8"] = address & 0xffffffff, address >> 32
    if r.chance(0.1):
        fields.update(localmem_mask_l32=r.bits(), localmem_mask_h32=r.bits())
    if r.chance(0.1):
        fields["acc_write_enable"] = 1
    if r.chance(0.3):
        fields.update(lrn_shift_num=r.int(0, 3), lrn_shift_dir=r.int(0, 1))
    return "dma", fields


INTS = (arith_int8, arith_int16, arith_int32, arith_mixed, conv_int8, depthwise_int8, conv_wide, depthwise_wide)
FLOATS = (arith_float, conv_float, depthwise_float, scalar, special, linear, outer)
BOTH = (max_pool, matmul, select, lut, dma)
KINDS = {function.__name__: function for function in INTS + FLOATS + BOTH}


class Ours:
    def __init__(self, program, local, ddr):
        self.folder = tempfile.TemporaryDirectory()
        paths = [os.path.join(self.folder.name, name) for name in ("local.bin", "ddr.bin")]
        local.tofile(paths[0])
        ddr.tofile(paths[1])
        self.local, self.ddr, self.l2 = local.reshape(64, LANE), ddr, None
        # The vendor's libraries on the path are not for us.
        environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        self.process = subprocess.Popen([program, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def run_raw(self, engine, raw):
        self.process.stdin.write(f"{engine} {raw.hex()}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.startswith("ok"):
            return "died", line.strip() or "no answer"
        out, words = {}, line.split()[1:]
        for memory, lane, start, data in zip(*[iter(words)] * 4):
            lane, start, new = int(lane), int(start), np.frombuffer(bytes.fromhex(data), np.uint8)
            old = {"local": self.local[lane], "ddr": self.ddr, "l2": np.zeros(0, np.uint8)}[memory][start:start + new.size]
            index = np.nonzero(old != new)[0] if old.size else np.arange(new.size)
            out.setdefault((memory, lane), {}).update(zip((index + start).tolist(), new[index].tolist()))
        return "ok", out


def memories(seed):
    """(integers, floats): local memory, and DDR for both."""
    g = np.random.default_rng(seed)
    integers = g.integers(0, 256, 64 * LANE, dtype=np.uint8)
    floats = (g.standard_normal(64 * LANE // 4, dtype=np.float32) * 4).round(2)
    special = np.array([0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38, np.inf, -np.inf, 1.0, -1.0], np.float32)
    at = g.integers(0, floats.size, floats.size // 50)
    floats[at] = special[g.integers(0, special.size, at.size)]
    return integers, floats.view(np.uint8), g.integers(0, 256, 1 << 21, dtype=np.uint8)


def is_nan_sign_only(ours, vendor, base):
    """Whether all differing words are NaN on both sides."""
    for key in set(ours) | set(vendor):
        a, b = ours.get(key, {}), vendor.get(key, {})
        for offset in {o & ~3 for o in set(a) ^ set(b)} | {o & ~3 for o in set(a) & set(b) if a[o] != b[o]}:
            if key[0] != "local":
                return False
            words = []
            for side in (a, b):
                row = base[key[1], offset:offset + 4].copy()
                for k in range(4):
                    row[k] = side.get(offset + k, row[k])
                words.append(float(row.view(np.float32)[0]))
            if not all(np.isnan(words)):
                return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--shared", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared"))
    arguments = parser.parse_args()
    sys.path[:0] = [os.path.join(arguments.shared, "bm1684"), os.path.dirname(os.path.abspath(__file__))]
    import step
    from vendor_worker import Vendor
    integers, floats, ddr = memories(arguments.seed)
    pairs = {}
    failed = False
    for kind in arguments.kinds.split(","):
        counts, shown = collections.Counter(), collections.Counter()
        for number in range(arguments.count):
            r = Random((arguments.seed, number, sum(kind.encode())))
            engine = "dma" if kind == "dma" else "tiu"
            engine, fields = KINDS[kind](r, default_dma() if engine == "dma" else default_tiu())
            float_data = KINDS[kind] in FLOATS or fields.get("opt_opd0_prec") == 2 or (engine == "dma" and fields["src_data_format"] == 0)
            if float_data not in pairs:
                local = floats if float_data else integers
                base = local if float_data else ddr
                base = np.resize(base, ddr.size)
                program = os.path.join(arguments.programs, "examples/run_commands")
                pairs[float_data] = (Vendor(local, base), Ours(program, local, base))
            vendor, ours = pairs[float_data]
            raw = step.encode(engine, fields)
            (v_state, v), (o_state, o) = vendor.run_raw(engine, raw), ours.run_raw(engine, raw)
            if v_state == o_state == "ok":
                result = "equal" if v == o else "different"
                if v != o and is_nan_sign_only(o, v, vendor.local):
                    result = "equal but NaN bits"
            else:
                result = {("died", "died"): "both refuse", ("ok", "died"): "only ours refuses"}.get((v_state, o_state), "only the vendor refuses")
            counts[result] += 1
            if result in ("different", "only ours refuses", "only the vendor refuses"):
                reason = (o if o_state == "died" else v if v_state == "died" else "")[-110:]
                key = (result, fields.get("tsk_eu_typ", fields.get("special_func")), reason)
                shown[key] += 1
                if shown[key] <= arguments.show and len(shown) < 40:
                    defaults = default_dma() if engine == "dma" else default_tiu()
                    given = {name: value for name, value in fields.items() if value != defaults.get(name, 0)}
                    print(f"{kind} {number}: {result} {reason}\n  {given}")
                    if result == "different":
                        for where in sorted(set(v) | set(o)):
                            a, b = o.get(where, {}), v.get(where, {})
                            wrong = sorted(k for k in set(a) | set(b) if a.get(k) != b.get(k))
                            if wrong:
                                print(f"  {where}: {len(wrong)} bytes, first at {wrong[0]:#x}: ours", [a.get(k) for k in wrong[:8]],
                                      "vendor", [b.get(k) for k in wrong[:8]])
                                break
        print(kind, dict(counts), flush=True)
        failed |= counts["different"] > 0
    sys.stdout.flush()
    os._exit(int(failed))


if __name__ == "__main__":
    main()
