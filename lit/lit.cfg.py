# Configuration for LLVM's lit (PyPI `lit`). The folder of the built programs is the parameter `bin`:
#   lit -v --param bin=target/release lit
# FileCheck and `not` are LLVM's: looked for on PATH, then in the newest /usr/lib/llvm-*/bin.
# `cargo test -p tpuc-tests lit` runs the same files.
import glob
import os
import lit.formats

config.name = "tpuc"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".mlir"]
config.excludes = ["inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params.get("out", os.path.join(config.test_source_root, "..", "target", "lit"))
programs = os.path.abspath(lit_config.params.get("bin", "target/release"))
llvm = sorted(glob.glob("/usr/lib/llvm-*/bin"), reverse=True)
config.environment["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")] + llvm)
