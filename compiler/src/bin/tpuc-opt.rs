//! The `tpuc-opt` program.

fn main() -> std::process::ExitCode {
    tpuc_compiler::tools::opt::main(std::env::args_os())
}
