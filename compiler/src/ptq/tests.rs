//! A small residual network, equalised and refined.

use super::channel_classes::{ChannelClasses, FIXED};
use super::equalize::equalize;
use super::ranges::measure;
use super::recipe::{Recipe, Trial, apply, combinations, other_methods};
use super::refine::Refinement;
use crate::calibration::Method;
use crate::data::{Tensor, TensorMap};
use crate::inference::{Dump, Interpreter};
use crate::program::Program;
use crate::quantization::QuantizeTable;
use std::fmt::Write as _;
use tpuc_dialects::ir::Context;
use tpuc_dialects::text::{self, SourceMap};

const SHAPE: &str = "tensor<1x8x12x12xf32>";

/// Numbers in -1..1 that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// conv a (relu), conv b, a + b, depthwise c, max pooling, conv d. Filters of `a` and `c` differ by up to 64 times between
/// channels.
fn network() -> Program {
    let mut lines = String::new();
    let mut weights: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    let mut numbers = Numbers(7);
    let mut conv = |name: &str, input: &str, depthwise: bool, relu: bool, kernel: usize, spread: bool| {
        let (group, inputs) = if depthwise { (8, 1) } else { (1, 8) };
        let filter: Vec<f32> = (0..8 * inputs * kernel * kernel)
            .map(|index| {
                let channel = index / (inputs * kernel * kernel);
                let scale = if spread {
                    0.5_f32.powi((channel % 7) as i32)
                } else {
                    0.4
                };
                numbers.next() * scale
            })
            .collect();
        let bias: Vec<f32> = (0..8).map(|_| numbers.next() * 0.2).collect();
        let pad = kernel / 2;
        let filter_type = format!("tensor<8x{inputs}x{kernel}x{kernel}xf32>");
        let _ = writeln!(
            lines,
            "    %{name}w = \"top.Weight\"() : () -> {filter_type} loc(\"{name}_w\")\n    %{name}b = \"top.Weight\"() : () -> tensor<8xf32> loc(\"{name}_b\")\n    %{name} = \"top.Conv\"(%{input}, %{name}w, %{name}b) {{dilations = [1, 1], do_relu = {relu}, group = {group} : i64, kernel_shape = [{kernel}, {kernel}], pads = [{pad}, {pad}, {pad}, {pad}], strides = [1, 1]}} : ({SHAPE}, {filter_type}, tensor<8xf32>) -> {SHAPE} loc(\"{name}\")"
        );
        weights.push((format!("{name}_w"), vec![8, inputs, kernel, kernel], filter));
        weights.push((format!("{name}_b"), vec![8], bias));
        if name == "b" {
            let _ = writeln!(
                lines,
                "    %sum = \"top.Add\"(%a, %b) {{do_relu = false}} : ({SHAPE}, {SHAPE}) -> {SHAPE} loc(\"sum\")"
            );
        }
        if name == "c" {
            let _ = writeln!(
                lines,
                "    %pool = \"top.MaxPool\"(%c) {{kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1]}} : ({SHAPE}) -> {SHAPE} loc(\"pool\")"
            );
        }
    };
    conv("a", "in", false, true, 3, true);
    conv("b", "a", false, false, 1, false);
    conv("c", "sum", true, false, 3, true);
    conv("d", "pool", false, false, 1, false);
    let source = format!(
        "module @net attributes {{module.chip = \"ALL\", module.platform = \"ONNX\", module.state = \"TOP_F32\", module.top_run_mode = \"STATIC\"}} {{
  func.func @main(%arg0: {SHAPE}) -> {SHAPE} {{
    %in = \"top.Input\"(%arg0) : ({SHAPE}) -> {SHAPE} loc(\"in\")
{lines}    return %d : {SHAPE}
  }}
}}
"
    );
    let mut sources = SourceMap::new();
    let file = sources.add("net.mlir".to_owned(), source);
    let mut program = Program::new("net");
    let mut ctx = Context::default();
    program.module = text::parse(&mut ctx, &sources, file).expect("the network is well-formed");
    program.ctx = ctx;
    for (name, shape, values) in weights {
        program
            .weights
            .insert(&name, Tensor::from_vec(&shape, values).unwrap());
    }
    program
}

fn samples(count: usize) -> Vec<TensorMap> {
    let mut numbers = Numbers(99);
    (0..count)
        .map(|_| {
            let values = (0..8 * 12 * 12).map(|_| numbers.next()).collect();
            let tensor = Tensor::from_vec(&[1, 8, 12, 12], values).unwrap();
            TensorMap::from([("in".to_owned(), tensor)])
        })
        .collect()
}

fn output(program: &Program, sample: &TensorMap) -> Vec<f32> {
    let outputs = Interpreter::new(program)
        .unwrap()
        .run_all(sample, Dump::Outputs)
        .unwrap();
    outputs[0].to_f32().iter().copied().collect()
}

#[test]
fn classes_follow_sums_and_end_at_outputs() {
    let program = network();
    let interpreter = Interpreter::new(&program).unwrap();
    let classes = ChannelClasses::find(&program, &interpreter).unwrap();
    let [a, b, c, d] = classes.convs.as_slice() else {
        panic!("{} convolutions", classes.convs.len());
    };
    assert_eq!(a.inputs, [FIXED; 8]);
    // The sum makes one class of both its operands' channels; b reads a itself.
    assert_eq!(
        (&a.outputs, &b.inputs, &c.inputs),
        (&b.outputs, &a.outputs, &a.outputs)
    );
    assert_eq!(c.outputs, d.inputs);
    assert_eq!(d.outputs, [FIXED; 8]);
    let mut seen = [a.outputs.clone(), c.outputs.clone()].concat();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 16);
    assert!(c.is_depthwise() && !a.is_depthwise());
}

#[test]
fn equalisation_keeps_the_function_and_levels_the_ranges() {
    let mut program = network();
    let samples = samples(4);
    let before = output(&program, &samples[0]);
    let interpreter = Interpreter::new(&program).unwrap();
    let classes = ChannelClasses::find(&program, &interpreter).unwrap();
    let (_, ranges) = measure(
        &program,
        &interpreter,
        &samples.iter().collect::<Vec<_>>(),
        Method::Max,
    )
    .unwrap();
    let scaled = equalize(&mut program, &classes, &ranges, true).unwrap();
    assert!(scaled >= 12, "{scaled}");
    let after = output(&program, &samples[0]);
    let largest = before
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (a, b) in before.iter().zip(&after) {
        assert!((a - b).abs() <= 1e-5 * largest, "{a} {b}");
    }
    let interpreter = Interpreter::new(&program).unwrap();
    let (_, levelled) = measure(
        &program,
        &interpreter,
        &samples.iter().collect::<Vec<_>>(),
        Method::Max,
    )
    .unwrap();
    let spread = |ranges: &[f32]| {
        ranges.iter().copied().fold(0.0, f32::max) / ranges.iter().copied().fold(f32::MAX, f32::min)
    };
    assert!(spread(&levelled["c"]) < spread(&ranges["c"]) / 4.0);
}

#[test]
fn each_technique_helps_on_samples_it_has_not_seen() {
    let program = network();
    let samples = samples(12);
    let trial = Trial::new(&program, &samples.iter().collect::<Vec<_>>()).unwrap();
    let floats = QuantizeTable::default();
    let mut recipe = Recipe::default();
    let plain = trial.score(recipe, &floats).unwrap();
    recipe.per_channel = true;
    let shifts = trial.score(recipe, &floats).unwrap();
    recipe.equalize = true;
    let equalised = trial.score(recipe, &floats).unwrap();
    recipe.refinement = Refinement {
        correct_bias: true,
        round: true,
    };
    let rounded = trial.score(recipe, &floats).unwrap();
    assert!(
        plain + 0.2 < shifts && shifts + 0.2 < equalised && equalised + 0.1 < rounded,
        "{plain} {shifts} {equalised} {rounded}"
    );
}

#[test]
fn bias_correction_takes_the_mean_error_off() {
    let program = network();
    let samples = samples(6);
    let floats = QuantizeTable::default();
    let mean_error = |recipe| {
        let quantised = apply(&program, &samples.iter().collect::<Vec<_>>(), &floats, recipe).unwrap();
        let mut total = 0.0;
        for channel in 0..8 {
            let mut mean = 0.0;
            for sample in &samples {
                let (exact, found) = (output(&program, sample), output(&quantised.tpu, sample));
                let places = channel * 144..(channel + 1) * 144;
                mean += places
                    .map(|place| f64::from(exact[place] - found[place]))
                    .sum::<f64>();
            }
            total += (mean / (144.0 * samples.len() as f64)).abs();
        }
        total
    };
    let plain = mean_error(Recipe::default());
    let corrected = mean_error(Recipe {
        refinement: Refinement {
            correct_bias: true,
            round: false,
        },
        ..Recipe::default()
    });
    assert!(corrected < plain / 3.0, "{plain} {corrected}");
}

#[test]
fn combinations_differ_and_begin_with_their_start() {
    let start = Recipe {
        per_channel: true,
        ..Recipe::default()
    };
    let recipes = combinations(start);
    assert_eq!((recipes.len(), recipes[0]), (6, start));
    let mut names: Vec<String> = recipes
        .iter()
        .chain(&other_methods(start))
        .map(Recipe::describe)
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9);
}
