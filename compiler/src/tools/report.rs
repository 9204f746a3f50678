//! `tpuc report`: one HTML file that shows a network, its quantisation and its bmodel.

use super::output::{print, warn};
use super::run::tensor_locations_path;
use crate::data::dataset::Dataset;
use crate::data::file::write_bytes_atomically;
use crate::data::{DataError, Tensor, TensorMap};
use crate::inputs::{input_specs, load_inputs};
use crate::lowering::lowered;
use crate::program::Program;
use crate::quantization::{CalibrationTable, QuantizeTable};
use crate::report::columns::Columns;
use crate::report::{Load, Sources, build, compiled, html, operation_names};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tpuc_runtime::bmodel::Bmodel;

/// Write one HTML file that shows a network, its quantisation and its bmodel.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Examples:
  tpuc report net.mlir --calibration_table net_cali_table --dataset images/ --input_num 20 -o net.html
  tpuc report net.mlir --calibration_table net_cali_table --quantize_table net_qtable --dataset images/ -o net.html
  tpuc report net.mlir --tpu net_bm1684_int8_sym_tpu.mlir --model net_int8.bmodel --test_input in.npz -o net.html --json net.json
The file needs no server and no network. Without --tpu the network is lowered with the tables as 'tpuc deploy' does it (to F32
without a calibration table); without --model the bmodel is made in memory. Nothing but the named files is written.")]
pub struct ReportArgs {
    /// MLIR text in the top dialect, made by 'tpuc transform'.
    mlir: PathBuf,
    /// Thresholds, made by 'tpuc calibrate'.
    #[arg(long, value_name = "FILE")]
    calibration_table: Option<PathBuf>,
    /// Layers that are not quantised.
    #[arg(long, value_name = "FILE")]
    quantize_table: Option<PathBuf>,
    /// The lowered text, made by 'tpuc deploy', instead of lowering anew.
    #[arg(long, value_name = "FILE")]
    tpu: Option<PathBuf>,
    /// The text with addresses, made by 'tpuc deploy'.
    #[arg(long = "final", value_name = "FILE")]
    addressed: Option<PathBuf>,
    /// The bmodel, instead of making it anew.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Samples for errors and histograms: folder of pictures, npy or npz files (one kind), searched recursively.
    #[arg(long, value_name = "DIR")]
    dataset: Option<PathBuf>,
    /// Samples: file with one sample a line, an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    data_list: Option<PathBuf>,
    /// Number of samples; 0 takes all.
    #[arg(long, default_value_t = 0, value_name = "N")]
    input_num: usize,
    /// One sample: an npz, or a picture or npy for each input joined by commas.
    #[arg(long, value_name = "FILES", conflicts_with_all = ["dataset", "data_list"])]
    test_input: Option<String>,
    /// Errors of the outputs for each layer, written by 'tpuc qtable --errors'.
    #[arg(long, value_name = "FILE")]
    layer_errors: Option<PathBuf>,
    /// The HTML file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write the same data as JSON too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs `tpuc report`.
///
/// # Errors
/// When a file is missing or bad, files are of different networks, or a result cannot be written.
pub fn run(args: &ReportArgs) -> Result<ExitCode> {
    let top = Program::read(&args.mlir)?;
    let state = top.module_str("state").unwrap_or("unknown");
    if !state.starts_with("TOP") {
        bail!(
            "'{}' is in state {state}; the first file must be a top module, as 'tpuc transform' writes it (lowered text goes \
             to --tpu, addressed text to --final)",
            args.mlir.display()
        );
    }
    let ranges = args
        .calibration_table
        .as_deref()
        .map(CalibrationTable::read)
        .transpose()?;
    let floats = args
        .quantize_table
        .as_deref()
        .map(QuantizeTable::read)
        .transpose()?;
    let columns = args.layer_errors.as_deref().map(read_columns).transpose()?;
    let mut notes = Vec::new();

    let lowered = match &args.tpu {
        Some(path) => read_state(path, "TPU_LOWERED", "--tpu")?,
        None => lower(&top, ranges.as_ref(), floats.as_ref())?,
    };
    let given_addressed = match &args.addressed {
        Some(path) => Some(read_state(path, "TPU_ADDRESSED", "--final")?),
        None => None,
    };
    let given_model = match &args.model {
        Some(path) => Some(Bmodel::read(path).with_context(|| path.display().to_string())?),
        None => None,
    };
    let beside = args
        .model
        .as_deref()
        .and_then(|path| std::fs::read(tensor_locations_path(path)).ok());
    // Made only where it is needed: as the bmodel, for its addresses, or for the names of the given one's commands.
    let made = match compiled(&lowered) {
        Ok(made) => Some(made),
        Err(why) => {
            if given_model.is_none() {
                notes.push(format!("No bmodel can be made: {why}"));
            }
            None
        }
    };
    let (mut addressed, mut bmodel) = (given_addressed.as_ref(), None);
    if let Some(model) = &given_model {
        let same = made.as_ref().map(|(_, model)| model);
        let names = operation_names(model, beside.as_deref(), same);
        if beside.is_none() && names.is_some() && addressed.is_none() {
            addressed = made.as_ref().map(|(program, _)| program);
        }
        bmodel = Some((model, names.unwrap_or_default()));
    } else if let Some((program, model)) = &made {
        addressed = addressed.or(Some(program));
        bmodel = Some((model, operation_names(model, None, None).unwrap_or_default()));
    }

    let specs = input_specs(&top)?;
    let dataset = match (&args.dataset, &args.data_list) {
        (Some(folder), _) => Some(Dataset::from_folder(folder, args.input_num)?),
        (None, Some(list)) => Some(Dataset::from_list(list, args.input_num)?),
        (None, None) => None,
    };
    let batches = dataset
        .as_ref()
        .map(|dataset| dataset.batches(&specs))
        .transpose()?;
    let test = args
        .test_input
        .as_ref()
        .map(|files| load_inputs(&specs, files))
        .transpose()?;
    let load = |index: usize| -> Result<TensorMap, DataError> {
        let Some(batches) = &batches else {
            return Ok(test.clone().unwrap_or_default());
        };
        let arrays = batches.load(index)?;
        let names = specs.iter().map(|spec| spec.name.clone());
        Ok(names.zip(arrays.into_iter().map(Tensor::F32)).collect())
    };
    let load: &Load<'_> = &load;
    let count = match (&batches, &test) {
        (Some(batches), _) => batches.len(),
        (None, test) => usize::from(test.is_some()),
    };
    let mut report = build(&Sources {
        top: &top,
        ranges: ranges.as_ref(),
        floats: floats.as_ref(),
        lowered: Some(&lowered),
        addressed,
        bmodel,
        columns: columns.as_ref(),
        samples: (count > 0).then_some((count, load)),
    })?;
    report.notes.splice(0..0, notes);
    report.summary.bmodel_bytes = match (&args.model, &made) {
        (Some(path), _) => std::fs::metadata(path).ok().map(|data| data.len()),
        (None, Some((_, model))) => size_of(model),
        (None, None) => None,
    };
    report.summary.files = files(args);
    for note in &report.notes {
        warn(note);
    }
    let page = html::page(&report)?;
    if let Some(path) = &args.json {
        write_bytes_atomically(path, serde_json::to_string(&report)?.as_bytes())?;
    }
    write_bytes_atomically(&args.output, page.as_bytes())?;
    print(&format!(
        "{} written: {} layers, {} samples, {:.2} MB\n",
        args.output.display(),
        report.layers.len(),
        report.summary.samples,
        page.len() as f64 / 1e6
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn read_columns(path: &Path) -> Result<Columns> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read '{place}'"))?;
    Columns::parse(&text, &place).map_err(anyhow::Error::msg)
}

/// A text that must be in a state.
fn read_state(path: &Path, wanted: &str, option: &str) -> Result<Program> {
    let program = Program::read(path)?;
    let state = program.module_str("state").unwrap_or("unknown");
    if state != wanted {
        bail!(
            "{option} '{}' is in state {state}; {wanted} is wanted",
            path.display()
        );
    }
    Ok(program)
}

/// As a deployment lowers it: to INT8 with thresholds, to F32 without.
fn lower(
    top: &Program,
    ranges: Option<&CalibrationTable>,
    floats: Option<&QuantizeTable>,
) -> Result<Program> {
    if ranges.is_none() && floats.is_some() {
        bail!("--quantize_table needs --calibration_table: without thresholds nothing is quantised");
    }
    let none = QuantizeTable::default();
    Ok(lowered(top, ranges, floats.unwrap_or(&none), "")?)
}

/// Bytes of the file without the names of the commands, as a deployment writes it.
fn size_of(model: &Bmodel) -> Option<u64> {
    let mut plain = model.clone();
    for stage in plain.nets.iter_mut().flat_map(|net| &mut net.stages) {
        stage.tensor_loc = None;
    }
    plain.to_bytes().ok().map(|bytes| bytes.len() as u64)
}

/// What was given, for the reader.
fn files(args: &ReportArgs) -> Vec<(String, String)> {
    let mut files = vec![("network".to_owned(), args.mlir.display().to_string())];
    let mut add = |what: &str, path: Option<String>| files.extend(path.map(|path| (what.to_owned(), path)));
    let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    add("calibration table", shown(&args.calibration_table));
    add("quantisation table", shown(&args.quantize_table));
    add("lowered text", shown(&args.tpu));
    add("addressed text", shown(&args.addressed));
    add("bmodel", shown(&args.model));
    add(
        "samples",
        shown(&args.dataset)
            .or(shown(&args.data_list))
            .or(args.test_input.clone()),
    );
    add("output errors", shown(&args.layer_errors));
    files
}
