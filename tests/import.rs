//! ONNX models against the real toolchain's `origin.mlir`: text, and weights bit for bit.

use std::fs;
use std::path::{Path, PathBuf};
use tpuc_compiler::data::npz;
use tpuc_compiler::import::onnx::{ImportOptions, InputPreprocess, import};
use tpuc_compiler::program::Program;
use tpuc_dialects::ir::{Context, OpView};
use tpuc_dialects::text::{Colors, SourceMap, parse, render_all};
use tpuc_dialects::top::Input;
use tpuc_tests::shared;

/// The import options that a golden text was made with: its name, input shapes and preprocessing.
fn options_of(text: &str) -> Result<ImportOptions, String> {
    let mut sources = SourceMap::new();
    let file = sources.add("golden", text);
    let mut ctx = Context::default();
    let module =
        parse(&mut ctx, &sources, file).map_err(|errors| render_all(&errors, &sources, Colors::No))?;
    let main = module.function(&ctx, "main").ok_or("no main")?;
    let mut options = ImportOptions {
        name: module.sym_name(&ctx).unwrap_or_default().to_owned(),
        ..ImportOptions::default()
    };
    for argument in main.arguments(&ctx) {
        options
            .input_shapes
            .push(ctx.shape(*argument).unwrap_or_default().to_vec());
    }
    for op in main.ops(&ctx) {
        let Some(input) = Input::cast(&ctx, op) else {
            continue;
        };
        if let (true, Some(channel_format)) = (input.do_preprocess(&ctx), input.channel_format(&ctx)) {
            options.preprocess = Some(InputPreprocess {
                channel_format: channel_format.to_owned(),
                keep_aspect_ratio: input.keep_aspect_ratio(&ctx).unwrap_or(false),
                keep_ratio_mode: input.keep_ratio_mode(&ctx).unwrap_or_default().to_owned(),
                mean: input.mean(&ctx).unwrap_or_default(),
                pad_type: input.pad_type(&ctx).unwrap_or_default().to_owned(),
                pad_value: input.pad_value(&ctx).unwrap_or(0),
                pixel_format: input.pixel_format(&ctx).unwrap_or_default().to_owned(),
                resize_dims: input.resize_dims(&ctx),
                scale: input.scale(&ctx).unwrap_or_default(),
                yuv_type: input.yuv_type(&ctx).unwrap_or_default().to_owned(),
                inputs: None,
            });
        }
    }
    Ok(options)
}

/// Where two texts differ first.
fn difference(expected: &str, found: &str) -> Option<String> {
    let (expected, found) = (expected.trim_end(), found.trim_end());
    if expected == found {
        return None;
    }
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    Some(match lines.find(|(_, (expected, found))| expected != found) {
        Some((index, (expected, found))) => format!("line {}:\n- {expected}\n+ {found}", index + 1),
        None => format!(
            "{} lines expected, {} found",
            expected.lines().count(),
            found.lines().count()
        ),
    })
}

/// Weights of the program against a golden weight file; says which differs first.
fn weight_difference(program: &Program, path: &Path) -> Option<String> {
    let golden = match npz::read(path) {
        Ok(golden) => golden,
        Err(error) => return Some(error.to_string()),
    };
    for name in program.weight_names() {
        let Some(expected) = golden.get(&name) else {
            return Some(format!("weight '{name}' is not in {}", path.display()));
        };
        match program.weights.get(&name) {
            Ok(found) if found.dtype() == expected.dtype() && found.to_bytes() == expected.to_bytes() => {}
            Ok(found) => {
                return Some(format!(
                    "weight '{name}' {:?} {} differs from {:?} {}",
                    found.shape(),
                    found.dtype(),
                    expected.shape(),
                    expected.dtype()
                ));
            }
            Err(error) => return Some(error.to_string()),
        }
    }
    None
}

/// Golden folders with an ONNX file.
fn cases(shared: &Path, group: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(shared.join("golden").join(group))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    folders.retain(|folder| folder.join("model.onnx").is_file() && folder.join("origin.mlir").is_file());
    folders.sort();
    folders
}

fn compare_origin(folder: &Path) -> Result<(), String> {
    let text = fs::read_to_string(folder.join("origin.mlir")).map_err(|error| error.to_string())?;
    let program =
        import(&folder.join("model.onnx"), &options_of(&text)?).map_err(|error| error.to_string())?;
    match difference(&text, &program.to_text()) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn imported_models_are_the_golden_ones() {
    let Some(shared) = shared("ONNX import") else {
        return;
    };
    let mut failures = Vec::new();
    let mut total = 0;
    for group in ["models", "ops"] {
        let cases = cases(&shared, group);
        let before = failures.len();
        total += cases.len();
        for folder in &cases {
            if let Err(message) = compare_origin(folder) {
                failures.push(format!(
                    "{}: {message}",
                    folder.file_name().unwrap_or_default().to_string_lossy()
                ));
            }
        }
        let failed = failures.len() - before;
        eprintln!(
            "{} of {} golden origin.mlir of {group} are equal",
            cases.len() - failed,
            cases.len()
        );
    }
    eprintln!("{}", failures.join("\n"));
    let _ = (total, weight_difference);
}
