# Configuration for LLVM's lit (PyPI `lit`). The folder of the built programs is the parameter `bin`:
#   lit -v --param bin=target/release lit
# FileCheck and `not` are LLVM's and are looked for on PATH. `cargo test -p tpuc-tests lit` runs the same files.
import os
import lit.formats

config.name = "tpuc"
config.test_format = lit.formats.ShTest(False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params.get("out", os.path.join(config.test_source_root, "..", "target", "lit"))
programs = os.path.abspath(lit_config.params.get("bin", "target/release"))
config.environment["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
