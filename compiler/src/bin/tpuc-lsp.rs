//! The `tpuc-lsp` program.

fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    tpuc_compiler::tools::lsp::main(&arguments)
}
