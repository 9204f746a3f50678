//! A program as an ONNX file. [`Form::Mlir`]: nodes are the program's operations under their own names, with all attributes,
//! for viewers such as Netron. [`Form::Onnx`]: a float program in ONNX's own operators, with weights, which ONNX Runtime runs.
//! Both say of each operation what is known of its quantisation.

mod notes;
mod operators;
mod proto;
mod view;

pub use notes::{NAMES as NOTE_NAMES, Tables};
pub use operators::supported;

use crate::program::Program;
use crate::weights::WeightError;
use prost::Message;
use tpuc_dialects::ir::{Context, Op};
use tpuc_dialects::text::attr_text;

/// What the nodes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The program's operations, for looking at.
    #[default]
    Mlir,
    /// ONNX's operators, for running; weights are always in the file.
    Onnx,
}

/// What goes into the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// Weights as initializers. Without them they are inputs with a type.
    pub weights: bool,
    /// What the nodes are.
    pub form: Form,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A weight that is wanted cannot be read.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// The program has no such form.
    #[error("{0}")]
    Program(String),
}

/// The bytes of an ONNX file that shows the program, with what tables say of its operations.
///
/// # Errors
/// When a weight that is wanted cannot be read, or an operation has no form in ONNX's operators.
pub fn export(program: &Program, options: ExportOptions, tables: Tables<'_>) -> Result<Vec<u8>, ExportError> {
    let model = match options.form {
        Form::Mlir => view::model(program, options, tables)?,
        Form::Onnx => operators::model(program, tables)?,
    };
    Ok(model.encode_to_vec())
}

fn module_text(ctx: &Context, module: Op) -> String {
    let attrs = ctx.attrs(module).iter();
    attrs
        .map(|(name, attr)| format!("{} = {}\n", ctx.text(*name), attr_text(ctx, *attr)))
        .collect()
}
