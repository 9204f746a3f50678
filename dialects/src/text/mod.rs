//! The text of programs: MLIR's generic form as TPU-MLIR 1.30.2 prints it, read and written byte for byte.
//!
//! [`parse`] reads a file of a [`SourceMap`] into a context, [`print`] writes an operation, [`render`] shows diagnostics
//! with the lines that they are about.

mod build;
mod float;
mod known;
mod lexer;
mod messages;
mod names;
mod parser;
mod printer;
mod recovery;
mod render;
mod segments;
mod source_map;
mod strings;
mod tokens;

#[allow(clippy::all, clippy::pedantic, missing_docs, unused, unsafe_code)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/text/grammar.rs"));
}

pub use names::{Name, NameKind, Names, Place};
pub use parser::parse;
pub use printer::{PrintOptions, attr_text, loc_text, print, type_text};
pub use render::{Colors, render, render_all};
pub use source_map::{FileId, SourceFile, SourceMap};
