//! The `tpuc` program.

fn main() -> std::process::ExitCode {
    tpuc_compiler::tools::cli::main(std::env::args_os().collect())
}
