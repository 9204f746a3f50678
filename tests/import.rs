//! ONNX models against the real toolchain's `origin.mlir`: text, and weights bit for bit.

use std::fs;
use std::path::{Path, PathBuf};
use tpuc_compiler::data::npz;
use tpuc_compiler::import::onnx::{ImportOptions, InputPreprocess, import};
use tpuc_compiler::pass::run_pipeline;
use tpuc_compiler::program::Program;
use tpuc_compiler::tools::transform::pipeline;
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

/// The stages of a case that are compared: `origin.mlir` after import, `top.mlir` and its weights after the passes.
fn compare_case(folder: &Path) -> Result<[Result<(), String>; 2], String> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let text = read("origin.mlir")?;
    let mut program =
        import(&folder.join("model.onnx"), &options_of(&text)?).map_err(|error| error.to_string())?;
    let origin = match difference(&text, &program.to_text()) {
        Some(difference) => Err(format!("origin {difference}")),
        None => Ok(()),
    };
    Ok([origin, compare_top(folder, &mut program, &read("top.mlir")?)])
}

fn compare_top(folder: &Path, program: &mut Program, expected: &str) -> Result<(), String> {
    run_pipeline(program, &pipeline("")).map_err(|error| error.to_string())?;
    let weight_file = expected
        .split_once("module.weight_file = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .unwrap_or_default();
    program.set_module_str("weight_file", &weight_file);
    if let Some(difference) = difference(expected, &program.to_text()) {
        return Err(format!("top {difference}"));
    }
    let mut weights = folder.join(weight_file);
    // Equal files are stored once: a short one holds the name of another.
    if weights.metadata().is_ok_and(|metadata| metadata.len() < 64)
        && let Ok(name) = fs::read_to_string(&weights)
    {
        weights = folder.join(name.trim());
    }
    if !program.weight_names().is_empty()
        && weights.is_file()
        && let Some(difference) = weight_difference(program, &weights)
    {
        return Err(difference);
    }
    Ok(())
}

/// Cases that differ from the golden text or weights, with the reason.
const KNOWN: &[(&str, &str)] = &[];

#[test]
#[allow(clippy::print_stderr)]
fn imported_models_are_the_golden_ones() {
    let Some(shared) = shared("ONNX import") else {
        return;
    };
    let mut failures = Vec::new();
    for group in ["models", "ops"] {
        let cases = cases(&shared, group);
        let mut equal = [0; 2];
        for folder in &cases {
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let stages = match compare_case(folder) {
                Ok(stages) => stages,
                Err(message) => [Err(message.clone()), Err(message)],
            };
            for (count, stage) in equal.iter_mut().zip(&stages) {
                *count += usize::from(stage.is_ok());
            }
            let known = KNOWN.iter().any(|(known, _)| *known == name);
            match stages.into_iter().find_map(Result::err) {
                Some(message) if !known => failures.push(format!("{name}: {message}")),
                None if known => failures.push(format!("{name}: is equal now, take it off the list")),
                _ => {}
            }
        }
        let [origin, top] = equal;
        let total = cases.len();
        eprintln!(
            "{group}: {origin} of {total} golden origin.mlir and {top} of {total} top.mlir with weights are equal"
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
