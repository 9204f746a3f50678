//! The report of a network: everything that is known of it, its quantisation and its bmodel, as data ([`data`]) and as one
//! HTML page that needs nothing else ([`html`]). `docs/report.md` explains it to readers.
//!
//! [`network`] lists the layers and finds which of them a lowered operation belongs to; [`measure`] runs the samples;
//! [`time`] and [`memory`] read the commands and the addresses; [`layout`] draws the graph. The page's scripts stand beside
//! these files as `.js`.

pub mod columns;
pub mod data;
mod histogram;
pub mod html;
pub mod layout;
pub mod measure;
mod memory;
pub mod network;
mod time;

use crate::codegen::bm1684::group::explain::{Explanation, explain};
use crate::codegen::bm1684::passes::compile;
use crate::data::{DataError, TensorMap};
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use crate::quantization::{CalibrationTable, QuantizeTable};
use columns::Columns;
use data::{Layer, Report, Summary};
use measure::{MeasureError, measure};
use network::Owners;
use tpuc_dialects::ir::{Diagnostic, OpView};
use tpuc_runtime::bmodel::{Bmodel, Stage};
use tpuc_runtime::profile::{OperationNames, Profile, ProfileError, local_touches};

/// Loads a sample: a tensor for each input of the network.
pub type Load<'a> = dyn Fn(usize) -> Result<TensorMap, DataError> + 'a;

/// What a report is made of. Only the network itself is needed.
pub struct Sources<'a> {
    /// The network in the top dialect.
    pub top: &'a Program,
    /// Thresholds.
    pub ranges: Option<&'a CalibrationTable>,
    /// Layers that were asked to stay in floating point.
    pub floats: Option<&'a QuantizeTable>,
    /// The program in the tpu dialect.
    pub lowered: Option<&'a Program>,
    /// The program with addresses.
    pub addressed: Option<&'a Program>,
    /// The bmodel, and which operation its commands belong to.
    pub bmodel: Option<(&'a Bmodel, OperationNames)>,
    /// Errors of the outputs.
    pub columns: Option<&'a Columns>,
    /// Number of samples, and how to get them.
    pub samples: Option<(usize, &'a Load<'a>)>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The network has no `main`.
    #[error(transparent)]
    Network(#[from] Diagnostic),
    /// A sample cannot be read, or a program does not run.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// A program cannot be executed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The commands of the bmodel cannot be laid on a time line.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// Makes the data of a report. Files and further notes are the caller's to add.
///
/// # Errors
/// When the network has no `main`, a sample does not fit, a program does not run or a bmodel is damaged.
pub fn build(sources: &Sources<'_>) -> Result<Report, ReportError> {
    let mut layers = network::layers(sources.top)?;
    let mut notes = Vec::new();
    let mut owners = Owners::of(&layers, sources.lowered.or(sources.addressed));
    if let Some(addressed) = sources.addressed {
        owners.add(addressed);
    }
    network::add_tables(&mut layers, sources.ranges, sources.floats);
    if let Some(lowered) = sources.lowered.or(sources.addressed) {
        network::add_lowered(&mut layers, lowered, &owners);
    }
    let mut summary = summary(sources, &layers);
    if let Some((count, load)) = sources.samples {
        let float = Interpreter::new(sources.top)?;
        let quantised = sources.lowered.map(Interpreter::new).transpose()?;
        let outcome = measure(&mut layers, &float, quantised.as_ref(), count, load)?;
        summary.samples = outcome.samples;
        summary.output_sqnr = outcome.outputs.map(|outputs| rounded(outputs.sqnr));
        summary.output_cosine = outcome.outputs.map(|outputs| rounded(outputs.cosine));
    } else {
        notes.push("No samples were given: there are no errors and no histograms.".to_owned());
    }
    if let Some(columns) = sources.columns {
        let unknown = columns.add_to(&mut layers);
        if !unknown.is_empty() {
            notes.push(format!(
                "The file of output errors names {} layers that the network does not have: {}",
                unknown.len(),
                unknown[..unknown.len().min(5)].join(", ")
            ));
        }
    }
    let mut report = Report {
        format: "tpuc-report",
        version: 1,
        tool: format!("tpuc {}", env!("CARGO_PKG_VERSION")),
        memory: sources
            .addressed
            .map(|program| memory::ddr(program, &Owners::of(&layers, Some(program))))
            .unwrap_or_default(),
        ..Report::default()
    };
    if let Some(addressed) = sources.addressed {
        let explained = explain(addressed)?;
        let owners = Owners::of(&layers, Some(addressed));
        number_groups(&mut layers, &explained, &owners);
        report.groups = Some(explained);
    }
    match &sources.bmodel {
        Some((bmodel, names)) => add_bmodel(
            &mut report,
            &mut layers,
            &mut summary,
            &mut notes,
            bmodel,
            names,
            &owners,
        )?,
        None => notes.push("There is no bmodel: no times and no local memory.".to_owned()),
    }
    let inputs: Vec<Vec<usize>> = layers.iter().map(|layer| layer.inputs.clone()).collect();
    report.graph = layout::layout(&inputs);
    layers.iter_mut().for_each(round_numbers);
    report.layers = layers;
    report.summary = summary;
    report.notes = notes;
    Ok(report)
}

fn summary(sources: &Sources<'_>, layers: &[Layer]) -> Summary {
    let top = sources.top;
    let program = sources.lowered.or(sources.addressed);
    let computed = || layers.iter().enumerate().filter(|(_, layer)| layer.op != "Input");
    let of_precision = |wanted: &'static str| {
        computed()
            .filter(move |(_, layer)| layer.precision == Some(wanted))
            .map(|(index, _)| index)
    };
    let method = sources.ranges.and_then(|table| {
        let line = table
            .header
            .iter()
            .find_map(|line| line.split_once("calculation method:"));
        line.map(|(_, method)| method.trim().trim_matches(['[', ']', '\'']).to_owned())
    });
    Summary {
        network: top
            .ctx
            .get_str(top.module.op(), "sym_name")
            .unwrap_or("network")
            .to_owned(),
        chip: program
            .and_then(|program| program.module_str("chip"))
            .unwrap_or("bm1684")
            .to_owned(),
        mode: program
            .and_then(|program| program.module_str("mode"))
            .unwrap_or("F32")
            .to_owned(),
        method,
        operations: computed().count(),
        int8_layers: of_precision("INT8").count(),
        float_layers: of_precision("F32").collect(),
        qtable_layers: layers.iter().filter(|layer| layer.in_qtable).count(),
        macs: Some(layers.iter().filter_map(|layer| layer.macs).sum()),
        ..Summary::default()
    }
}

fn add_bmodel(
    report: &mut Report,
    layers: &mut [Layer],
    summary: &mut Summary,
    notes: &mut Vec<String>,
    bmodel: &Bmodel,
    names: &OperationNames,
    owners: &Owners,
) -> Result<(), ReportError> {
    let Some(stage) = first_stage(bmodel) else {
        notes.push("The bmodel is empty.".to_owned());
        return Ok(());
    };
    let profile = Profile::of_stage(stage, names)?;
    report.timeline = Some(time::add_times(layers, &profile, owners));
    report.memory.local = memory::local(&profile, &local_touches(stage)?);
    if let Some(coeff) = &stage.coeff {
        report.memory.coefficient_address.get_or_insert(coeff.address);
        report
            .memory
            .coefficient_bytes
            .get_or_insert(coeff.data.len() as u64);
    }
    report.memory.neuron_address.get_or_insert(stage.ctx_addr);
    report.memory.neuron_bytes.get_or_insert(stage.ctx_size);
    let totals = &profile.totals;
    summary.milliseconds = Some(rounded(totals.milliseconds()));
    summary.tiu_utilisation = Some(rounded(totals.tiu_utilisation()));
    summary.gdma_utilisation = Some(rounded(totals.dma_utilisation()));
    summary.macs = Some(totals.macs);
    summary.ddr_bytes = Some(totals.ddr_bytes());
    if profile.slices.iter().all(|slice| slice.operation.is_none()) && !profile.slices.is_empty() {
        notes.push(
            "The bmodel does not say which operation its commands belong to: no times of single layers. Deploy with --debug, \
             or give the tpu text that it was made from."
                .to_owned(),
        );
    }
    if profile.host_layers > 0 {
        notes.push(format!(
            "{} layers are computed by the host; their time is not known and not counted.",
            profile.host_layers
        ));
    }
    Ok(())
}

/// Says of each layer which group it is in; of several, the first.
fn number_groups(layers: &mut [Layer], explained: &Explanation, owners: &Owners) {
    layers.iter_mut().for_each(|layer| layer.group = None);
    for (number, group) in explained.groups.iter().enumerate() {
        for operation in &group.operations {
            if let Some(owner) = owners.get(&operation.name) {
                layers[owner].group.get_or_insert(number + 1);
            }
        }
    }
}

fn first_stage(bmodel: &Bmodel) -> Option<&Stage> {
    bmodel.nets.first()?.stages.first()
}

/// The addressed program and the bmodel of a lowered program, with the names of its commands.
///
/// # Errors
/// Why no bmodel can be made of it.
pub fn compiled(lowered: &Program) -> Result<(Program, Bmodel), String> {
    let mut program = lowered.fork().map_err(|error| error.to_string())?;
    let bmodel = compile(&mut program, true).map_err(|errors| {
        errors
            .first()
            .map_or_else(|| "no bmodel can be made".to_owned(), ToString::to_string)
    })?;
    Ok((program, bmodel))
}

/// Which operation the commands of a bmodel belong to: as it says itself, or as another one says that has the same commands.
pub fn operation_names(
    bmodel: &Bmodel,
    beside: Option<&[u8]>,
    same: Option<&Bmodel>,
) -> Option<OperationNames> {
    let stage = first_stage(bmodel)?;
    if let Some(list) = beside.or(stage.tensor_loc.as_deref()) {
        return Some(OperationNames::from_locations(list));
    }
    let other = first_stage(same?)?;
    let commands = |stage: &Stage| {
        let groups = stage.subnets.iter().flat_map(|subnet| subnet.cmd_groups.clone());
        groups.map(|group| (group.tiu, group.dma)).collect::<Vec<_>>()
    };
    (commands(stage) == commands(other))
        .then(|| other.tensor_loc.as_deref().map(OperationNames::from_locations))
        .flatten()
}

/// Six digits are enough for readers, and keep the file small.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    if !(-290..=290).contains(&digits) {
        return value;
    }
    let factor = 10_f64.powi(digits);
    (value * factor).round() / factor
}

fn round_numbers(layer: &mut Layer) {
    for value in [
        &mut layer.threshold,
        &mut layer.min,
        &mut layer.max,
        &mut layer.clipped,
        &mut layer.sqnr,
        &mut layer.cosine,
        &mut layer.alone_sqnr,
        &mut layer.alone_cosine,
        &mut layer.single_sqnr,
        &mut layer.cumulative_sqnr,
        &mut layer.microseconds,
    ] {
        *value = value.map(rounded);
    }
    layer.range = layer.range.map(|(low, high)| (rounded(low), rounded(high)));
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn six_digits_are_kept() {
        assert_eq!(rounded(1.234_567_89), 1.234_57);
        assert_eq!(rounded(-123_456_789.0), -123_457_000.0);
        assert_eq!((rounded(0.0), rounded(1e-300)), (0.0, 1e-300));
        assert_eq!(rounded(0.999_999_99), 1.0);
    }
}
