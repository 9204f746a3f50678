//! Generates the reader and writer of the bmodel FlatBuffers schema into `OUT_DIR`.

use std::{env, fs, path::PathBuf};

fn main() {
    let schema = "src/bmodel/bmodel.fbs";
    println!("cargo::rerun-if-changed={schema}");
    println!("cargo::rerun-if-changed=build.rs");
    let declarations = planus_translation::translate_files(&[schema]).expect("the bmodel schema is valid");
    let code = planus_codegen::generate_rust(&declarations, false).expect("code for the bmodel schema");
    let out =
        PathBuf::from(env::var_os("OUT_DIR").expect("OUT_DIR is set by cargo")).join("bmodel_schema.rs");
    fs::write(out, code).expect("write the generated bmodel schema");
}
