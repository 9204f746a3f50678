//! What a report holds: the JSON that is written beside it and that stands inside of it.

use crate::codegen::bm1684::group::explain::Explanation;
use serde::Serialize;

/// The whole report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Always `tpuc-report`.
    pub format: &'static str,
    /// Version of this layout.
    pub version: u32,
    /// The program that made it.
    pub tool: String,
    /// What stands at its top.
    pub summary: Summary,
    /// Operations of the network in its order; other parts name them by their number here.
    pub layers: Vec<Layer>,
    /// Where the graph's nodes and edges are drawn.
    pub graph: Graph,
    /// When the commands run; missing where no bmodel could be made.
    pub timeline: Option<Timeline>,
    /// Which memory is used when.
    pub memory: Memory,
    /// Layer groups, and what is in none; missing where there is no program with addresses.
    pub groups: Option<Explanation>,
    /// What a reader must know of how the numbers were made, and what is missing.
    pub notes: Vec<String>,
}

/// Facts of the network as a whole.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The network.
    pub network: String,
    /// The chip.
    pub chip: String,
    /// `INT8`, `F32`.
    pub mode: String,
    /// How the thresholds were chosen, as the calibration table says.
    pub method: Option<String>,
    /// Files that it was made from: what each is, and its name.
    pub files: Vec<(String, String)>,
    /// Operations, inputs not counted.
    pub operations: usize,
    /// Of them computed in INT8.
    pub int8_layers: usize,
    /// Of them computed in F32.
    pub float_layers: Vec<usize>,
    /// Of them named in the quantisation table.
    pub qtable_layers: usize,
    /// Samples that errors and histograms are of.
    pub samples: usize,
    /// Mean over samples and outputs: signal to noise in dB of the quantised network's outputs.
    pub output_sqnr: Option<f64>,
    /// The same, cosine similarity.
    pub output_cosine: Option<f64>,
    /// Estimated latency.
    pub milliseconds: Option<f64>,
    /// Share of the time in which the TIU works, 0 to 1.
    pub tiu_utilisation: Option<f64>,
    /// Share of the time in which the GDMA works, 0 to 1.
    pub gdma_utilisation: Option<f64>,
    /// Multiply-adds.
    pub macs: Option<u64>,
    /// Bytes that go to and from DDR.
    pub ddr_bytes: Option<u64>,
    /// Bytes of the bmodel's file.
    pub bmodel_bytes: Option<u64>,
}

/// An operation of the network.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// `Conv`
    pub op: String,
    /// Operations that it was lowered to, each once.
    pub lowered: Vec<String>,
    /// Layers that it reads.
    pub inputs: Vec<usize>,
    /// Shape of its result.
    pub shape: Vec<i64>,
    /// `INT8`, `F32`, or nothing where lowering left nothing of it.
    pub precision: Option<&'static str>,
    /// Whether the quantisation table names it.
    pub in_qtable: bool,
    /// Whether the network returns it.
    pub is_output: bool,
    /// Number of its layer group, where there are some.
    pub group: Option<usize>,
    /// The calibration table's threshold.
    pub threshold: Option<f64>,
    /// Smallest and largest value that its quantised type holds.
    pub range: Option<(f64, f64)>,
    /// Smallest value seen: on the samples, else while calibrating.
    pub min: Option<f64>,
    /// Largest value seen.
    pub max: Option<f64>,
    /// Share of the values outside of `range`, 0 to 1.
    pub clipped: Option<f64>,
    /// Its result in the quantised program against the float one, in dB.
    pub sqnr: Option<f64>,
    /// The same, cosine similarity.
    pub cosine: Option<f64>,
    /// Its result when only it is quantised and its inputs are exact, in dB.
    pub alone_sqnr: Option<f64>,
    /// The same, cosine similarity.
    pub alone_cosine: Option<f64>,
    /// The network's outputs when only this layer is INT8, in dB.
    pub single_sqnr: Option<f64>,
    /// The network's outputs when everything up to this layer is INT8, in dB.
    pub cumulative_sqnr: Option<f64>,
    /// TIU cycles.
    pub tiu_cycles: Option<u64>,
    /// GDMA cycles.
    pub dma_cycles: Option<u64>,
    /// What it adds to the time line, in microseconds. Engines overlap: the sum over the layers is the whole time.
    pub microseconds: Option<f64>,
    /// Multiply-adds.
    pub macs: Option<u64>,
    /// Bytes that the GDMA moves.
    pub bytes: Option<u64>,
    /// Bytes of its weights.
    pub weight_bytes: u64,
    /// Its values on the samples.
    pub histogram: Option<Histogram>,
}

/// Counts of values in bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Width of a bin.
    pub width: f64,
    /// Values of the float network.
    pub float: Vec<u64>,
    /// Values of the quantised program; empty where it has no such tensor.
    pub quantised: Vec<u64>,
}

/// A drawing of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Graph {
    /// Extent of the drawing.
    pub width: f64,
    /// Extent of the drawing.
    pub height: f64,
    /// Size of a node.
    pub node: (f64, f64),
    /// Centre of each layer's node.
    pub positions: Vec<(f64, f64)>,
    /// From, to, and the points between.
    pub edges: Vec<Edge>,
}

/// A line of the drawing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Edge {
    /// Layer that writes.
    pub from: usize,
    /// Layer that reads.
    pub to: usize,
    /// Points of the line.
    pub points: Vec<(f64, f64)>,
}

/// When the engines work.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// Length in cycles.
    pub cycles: u64,
    /// Cycles of a second.
    pub clock: u64,
    /// Commands of both engines.
    pub commands: u64,
    /// Lowered operations: name and layer.
    pub operations: Vec<(String, Option<usize>)>,
    /// The TIU's work.
    pub tiu: Vec<Segment>,
    /// The GDMA's work.
    pub gdma: Vec<Segment>,
}

/// Commands that follow each other: first cycle, last cycle, operation (or -1), number of commands, busy cycles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Segment(pub u64, pub u64, pub i64, pub u64, pub u64);

/// Memory of the chip.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Memory {
    /// DDR address of the weights.
    pub coefficient_address: Option<u64>,
    /// Bytes of the weights.
    pub coefficient_bytes: Option<u64>,
    /// DDR address of the tensors.
    pub neuron_address: Option<u64>,
    /// Bytes of the tensors.
    pub neuron_bytes: Option<u64>,
    /// Most bytes of tensors that are needed at the same time.
    pub neuron_peak: Option<u64>,
    /// Steps of the program, the horizontal axis of `tensors`.
    pub steps: usize,
    /// Tensors in DDR.
    pub tensors: Vec<DdrTensor>,
    /// Local memory over time.
    pub local: Option<LocalMemory>,
}

/// A tensor in DDR.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DdrTensor {
    /// Its name.
    pub name: String,
    /// Layer that makes it.
    pub layer: Option<usize>,
    /// Distance from the first tensor's byte.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
    /// Step that makes it.
    pub from: usize,
    /// Last step that reads it.
    pub to: usize,
}

/// Use of the lanes' memory over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LocalMemory {
    /// Bytes of a lane.
    pub lane_bytes: u64,
    /// Bytes that a row of `cells` stands for.
    pub row_bytes: u64,
    /// Rows from the lane's start; a column is an equal part of the time; a digit, 0 to 9, the share that is in use.
    pub cells: Vec<String>,
    /// Bytes in use in each column, at most.
    pub used: Vec<u64>,
    /// The highest of them.
    pub peak: u64,
}
