//! Inputs that are larger than what networks usually have: the first ten layers of yolov8n at 1920x1080, with random weights.

use crate::codegen::{run_bmodel, same_bits};
use crate::random_networks::{Failure, Network};
use std::fmt::Write as _;
use std::path::Path;
use tpuc_compiler::codegen::bm1684::group::pass::Settings;
use tpuc_compiler::codegen::bm1684::group::search::Effort;
use tpuc_compiler::codegen::bm1684::passes::compile_with;
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::pass::run_pipeline;
use tpuc_compiler::program::Program;

const FULL: [usize; 4] = [1, 3, 1080, 1920];
const QUARTER: [usize; 4] = [1, 3, 270, 480];

/// A convolution with padding and its SiLU.
fn convolution(net: &mut Network, x: usize, outputs: usize, kernel: usize, stride: usize) -> usize {
    let [n, c, h, w] = net.shape(x);
    let pad = kernel / 2;
    let size = |size: usize| (size + 2 * pad - kernel) / stride + 1;
    let input = net.operand(x);
    let filter = net.weight(
        &[outputs, c, kernel, kernel],
        1.4 / ((c * kernel * kernel) as f32).sqrt(),
    );
    let bias = net.weight(&[outputs], 0.1);
    let attrs = format!(
        "dilations = [1, 1], do_relu = false, group = 1 : i64, kernel_shape = [{kernel}, {kernel}], pads = [{pad}, {pad}, {pad}, {pad}], \
         relu_limit = -1.000000e+00 : f64, strides = [{stride}, {stride}], weight_is_coeff = 1 : i64"
    );
    let shape = vec![n, outputs, size(h), size(w)];
    let conv = net.push("Conv", &[input, filter, bias], &attrs, shape.clone());
    let input = net.operand(conv);
    net.push("SiLU", &[input], "", shape)
}

fn channels(net: &mut Network, x: usize, from: usize, count: usize) -> usize {
    let [n, _, h, w] = net.shape(x);
    let input = net.operand(x);
    let none = Network::none();
    let attrs = format!(
        "axes = [], ends = [{n}, {}, {h}, {w}], hasparamConvert_axes = [], offset = [0, {from}, 0, 0], steps = [1, 1, 1, 1]",
        from + count
    );
    net.push(
        "Slice",
        &[input, none.clone(), none.clone(), none],
        &attrs,
        vec![n, count, h, w],
    )
}

fn concat(net: &mut Network, parts: &[usize]) -> usize {
    let [n, _, h, w] = net.shape(parts[0]);
    let all = parts.iter().map(|part| net.shape(*part)[1]).sum();
    let operands: Vec<String> = parts.iter().map(|part| net.operand(*part)).collect();
    let attrs = "axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64";
    net.push("Concat", &operands, attrs, vec![n, all, h, w])
}

/// C2f: half of the channels go through bottlenecks with shortcuts, and everything on the way is joined.
fn bottlenecks(net: &mut Network, x: usize, width: usize, count: usize) -> usize {
    let half = width / 2;
    let both = convolution(net, x, width, 1, 1);
    let mut parts = vec![channels(net, both, 0, half), channels(net, both, half, half)];
    for _ in 0..count {
        let last = parts[parts.len() - 1];
        let first = convolution(net, last, half, 3, 1);
        let second = convolution(net, first, half, 3, 1);
        let operands = [net.operand(last), net.operand(second)];
        let shape = net.shape(last).to_vec();
        let attrs = "do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64";
        parts.push(net.push("Add", &operands, attrs, shape));
    }
    let joined = concat(net, &parts);
    convolution(net, joined, width, 1, 1)
}

fn pooling(net: &mut Network, x: usize) -> usize {
    let shape = net.shape(x).to_vec();
    let input = net.operand(x);
    let attrs = "count_include_pad = false, do_relu = false, is_adaptive = false, keepdims = true, kernel_shape = [5, 5], pad_value = 0 : i64, \
                 pads = [2, 2, 2, 2], relu_limit = -1.000000e+00 : f64, strides = [1, 1]";
    net.push("MaxPool", &[input], attrs, shape)
}

/// Layers 0 to 9 of yolov8n.
fn backbone(input: [usize; 4]) -> Network {
    let mut net = Network::new(8, Some(&input), usize::MAX);
    let net_ref = &mut net;
    let mut x = convolution(net_ref, 0, 16, 3, 2);
    for (width, count) in [(32, 1), (64, 2), (128, 2), (256, 1)] {
        x = convolution(net_ref, x, width, 3, 2);
        x = bottlenecks(net_ref, x, width, count);
    }
    let first = convolution(net_ref, x, 128, 1, 1);
    let mut parts = vec![first];
    for _ in 0..3 {
        let last = parts[parts.len() - 1];
        parts.push(pooling(net_ref, last));
    }
    let joined = concat(net_ref, &parts);
    convolution(net_ref, joined, 256, 1, 1);
    net
}

fn inputs(shape: [usize; 4]) -> Result<TensorMap, Failure> {
    let count = shape.iter().product();
    let mut state = 1_684_u32;
    let data: Vec<f32> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        })
        .collect();
    let mut inputs = TensorMap::default();
    inputs.insert("input".to_owned(), Tensor::from_vec(&shape, data)?);
    Ok(inputs)
}

/// Thresholds of the small network, which the large one has too: weights and names are the same.
fn thresholds(folder: &Path) -> Result<(), Failure> {
    let program = backbone(QUARTER).program(folder)?;
    let tensors = Interpreter::new(&program)?.run_all(&inputs(QUARTER)?, Dump::All)?;
    let mut table = String::new();
    for (name, tensor) in &tensors {
        let most = tensor
            .to_f32()
            .iter()
            .fold(1e-3_f32, |most, value| most.max(value.abs()));
        let _ = writeln!(table, "{name} {most} {} {most}", -most);
    }
    std::fs::write(folder.join("table"), table)?;
    Ok(())
}

fn lowered(input: [usize; 4], mode: &str, folder: &Path) -> Result<Program, Failure> {
    let mut program = backbone(input).program(folder)?;
    let assign = format!("chip=bm1684 mode={mode}");
    let table = format!("file={} asymmetric=false", folder.join("table").display());
    let mut passes = vec![("processor-assign", assign.as_str())];
    if mode == "INT8" {
        passes.push(("import-calibration-table", &table));
    }
    passes.extend([
        ("processor-top-optimize", ""),
        ("convert-top-to-tpu", "asymmetric=false"),
        ("canonicalize", ""),
        ("weight-fold", ""),
    ]);
    run_pipeline(&mut program, &passes)?;
    Ok(program)
}

/// Compiles with and without groups, runs both, and demands the same bits.
fn run(input: [usize; 4], mode: &str, folder: &Path) -> Result<(), Failure> {
    let program = lowered(input, mode, folder)?;
    let compiled = |settings: &Settings| {
        let mut program = program.fork().map_err(|error| error.to_string())?;
        compile_with(&mut program, false, settings).map_err(|errors| format!("{errors:?}"))
    };
    let given = inputs(input)?;
    let grouped = run_bmodel(compiled(&Settings::default())?, &given)?;
    let plain = run_bmodel(compiled(&Settings::of(Effort::None))?, &given)?;
    same_bits(&grouped, &plain)?;
    Ok(())
}

#[test]
fn yolov8n_compiles_at_1920x1080_and_runs_at_a_quarter() {
    let folder = tempfile::tempdir().unwrap();
    thresholds(folder.path()).unwrap();
    let mut program = lowered(FULL, "INT8", folder.path()).unwrap();
    compile_with(&mut program, false, &Settings::default()).unwrap();
    run(QUARTER, "INT8", folder.path()).unwrap();
}

#[test]
#[ignore = "minutes: a large picture on the emulator"]
fn yolov8n_runs_at_1920x1080() {
    let folder = tempfile::tempdir().unwrap();
    thresholds(folder.path()).unwrap();
    for mode in ["INT8", "F32"] {
        run(FULL, mode, folder.path()).unwrap();
    }
}
