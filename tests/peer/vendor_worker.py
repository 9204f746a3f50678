"""The vendor's simulator in child processes: it ends the process when it dislikes a command.

Vendor(local, ddr) gives an object whose run(engine, fields) returns ("ok", changes) or ("died", last words). `changes` maps
(memory, lane) to {offset: byte} of everything that differs from the first content, which is put back afterwards.
Needs the peer's environment and `step.py` of the shared folder on the module path.
"""
import os
import pickle
import signal
import struct
import sys
import tempfile

import numpy as np
import step


def changed(memory, lane, old, new, out):
    index = np.nonzero(old.view(np.uint64) != new.view(np.uint64))[0]
    if index.size:
        index = (index[:, None] * 8 + np.arange(8)).ravel()
        index = index[old[index] != new[index]]
        out[memory, lane] = dict(zip(index.tolist(), new[index].tolist()))


def diff(sim, local, l2, ddr):
    out = {}
    lanes = np.nonzero((sim.LMEM.view(np.uint64) != local.view(np.uint64)).any(axis=1))[0]
    for lane in lanes.tolist():
        changed("local", lane, local[lane], sim.LMEM[lane], out)
    changed("l2", 0, l2, sim.L2, out)
    changed("ddr", 0, ddr, sim.DDR[:ddr.size], out)
    for (memory, lane), values in out.items():
        index = np.fromiter(values, np.int64)
        target, base = {"local": (sim.LMEM[lane], local[lane]), "l2": (sim.L2, l2), "ddr": (sim.DDR, ddr)}[memory]
        target[index] = base[index]
    return out


class Vendor:
    def __init__(self, local, ddr, seconds=20):
        self.local, self.ddr, self.seconds = local.reshape(64, 0x80000), ddr, seconds
        self.words = tempfile.TemporaryFile()
        self.pid = None

    def start(self):
        (self.command_read, command_write), (answer_read, self.answer_write) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(command_write)
            os.close(answer_read)
            for stream in (1, 2):
                os.dup2(self.words.fileno(), stream)
            self.child()
        os.close(self.command_read)
        os.close(self.answer_write)
        self.send, self.receive = os.fdopen(command_write, "wb"), os.fdopen(answer_read, "rb")

    def child(self):
        try:
            sim = step.Sim(1 << 28)
            sim.LMEM[:] = self.local
            sim.DDR[:self.ddr.size] = self.ddr
            l2 = sim.L2.copy()
            commands, answers = os.fdopen(self.command_read, "rb"), os.fdopen(self.answer_write, "wb")
            while len(head := commands.read(4)) == 4:
                engine, raw = pickle.loads(commands.read(struct.unpack("<I", head)[0]))
                signal.alarm(self.seconds)
                sim.run_raw(engine, raw)
                signal.alarm(0)
                answer = pickle.dumps(diff(sim, self.local, l2, self.ddr))
                answers.write(struct.pack("<I", len(answer)) + answer)
                answers.flush()
        except BaseException as error:
            print("worker:", error, file=sys.stderr, flush=True)
        os._exit(9)

    def run(self, engine, fields):
        return self.run_raw(engine, step.encode(engine, fields))

    def run_raw(self, engine, raw):
        if self.pid is None:
            self.start()
        os.ftruncate(self.words.fileno(), 0)
        data = pickle.dumps((engine, raw))
        try:
            self.send.write(struct.pack("<I", len(data)) + data)
            self.send.flush()
            head = self.receive.read(4)
            if len(head) == 4:
                return "ok", pickle.loads(self.receive.read(struct.unpack("<I", head)[0]))
        except BrokenPipeError:
            pass
        self.stop()
        self.words.seek(0)
        text = self.words.read().decode("utf8", "replace").strip("\0")
        return "died", next((line for line in text.splitlines() if "ssert" in line or "ASSERT" in line), text[:200].strip())

    def stop(self):
        if self.pid is not None:
            for stream in (self.send, self.receive):
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
            os.waitpid(self.pid, 0)
            self.pid = None
