//! Writes a lowered network of a given length: `long_network chain|residual OPS NAME` makes NAME.mlir and NAME.npz.
#![allow(clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;
use tpuc_compiler::data::npz::{self, Compression};
use tpuc_tests::long_network::{Kind, long_network};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, ops, name] = &arguments[..] else {
        eprintln!("usage: long_network chain|residual OPS NAME");
        return ExitCode::FAILURE;
    };
    let kind = match kind.as_str() {
        "chain" => Kind::Chain,
        "residual" => Kind::Residual,
        _ => {
            eprintln!("'{kind}' is neither chain nor residual");
            return ExitCode::FAILURE;
        }
    };
    let Ok(ops) = ops.parse() else {
        eprintln!("'{ops}' is no number of operations");
        return ExitCode::FAILURE;
    };
    let weight_file = format!("{name}.npz");
    let file_name = Path::new(&weight_file)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let (text, weights) = long_network(kind, ops, &file_name);
    let written = npz::write_map(Path::new(&weight_file), &weights, Compression::Stored)
        .map_err(|error| error.to_string())
        .and_then(|()| std::fs::write(format!("{name}.mlir"), text).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
