//! Writes a large program to standard output: `large_module 100000 > large.mlir`.
#![allow(clippy::print_stdout)]

fn main() {
    let ops = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    print!("{}", tpuc_tests::large_module::large_module(ops));
}
