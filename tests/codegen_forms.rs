//! Forms of operations that the golden programs do not have: one operation at a time with random numbers, compiled and
//! run on the emulator, against the reference inference.

use crate::codegen::differences;
use std::path::Path;
use tpuc_compiler::data::npz::{self, Compression};
use tpuc_compiler::data::{Tensor, TensorMap};

/// One operation.
#[derive(Clone)]
struct Form {
    name: &'static str,
    attrs: String,
    input: Vec<usize>,
    output: Vec<usize>,
    /// Constant operands behind the input; an empty shape is `none`.
    weights: Vec<(Vec<usize>, Kind)>,
    /// Range of the input.
    range: [f32; 2],
    bytes: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Float,
    Byte,
    Short,
}

/// An operation in f32 with inputs from -2 to 2.
fn form(name: &'static str, attrs: &str, input: &[usize], output: &[usize]) -> Form {
    Form {
        name,
        attrs: attrs.to_owned(),
        input: input.to_vec(),
        output: output.to_vec(),
        weights: Vec::new(),
        range: [-2.0, 2.0],
        bytes: false,
    }
}

impl Form {
    fn with(mut self, weights: &[&[usize]]) -> Self {
        self.weights = weights
            .iter()
            .map(|shape| (shape.to_vec(), Kind::Float))
            .collect();
        self
    }

    fn from(mut self, low: f32, high: f32) -> Self {
        self.range = [low, high];
        self
    }

    /// The same operation on 8-bit numbers: the first weight in 8 bits, the bias in 16.
    fn in_bytes(mut self) -> Self {
        self.bytes = true;
        for (weight, kind) in self.weights.iter_mut().zip([Kind::Byte, Kind::Short]) {
            weight.1 = kind;
        }
        self.attrs = format!("{}, rshift = [7], multiplier = 21 : i64", self.attrs).replace("RSHIFT", "7");
        self
    }

    fn check(&self) {
        let folder = tempfile::tempdir().expect("a folder");
        let title = format!("{} {{{}}} {:?}", self.name, self.attrs, self.input);
        // The name tells the bmodels apart that TPUC_KEEP_BMODELS keeps.
        let name = format!("form_{:016x}", hash(&format!("{title}{}", self.bytes)));
        let program = folder.path().join(format!("{name}.mlir"));
        let inputs = folder.path().join("input.npz");
        self.write(&program);
        let mut tensors = TensorMap::default();
        tensors.insert("input".to_owned(), floats(&self.input, 1, self.range));
        npz::write_map(&inputs, &tensors, Compression::Stored).expect("written");
        match differences(&program, &inputs) {
            Ok(problems) => assert!(problems.is_empty(), "{title}: {}", problems.join("; ")),
            Err(error) => panic!("{title}: {error}"),
        }
    }

    /// Writes the program, and its weights beside it.
    fn write(&self, path: &Path) {
        let sizes = |shape: &[usize]| shape.iter().map(|size| format!("{size}x")).collect::<String>();
        let quantised =
            |shape: &[usize], scale: f64| format!("tensor<{}!quant.uniform<i8:f32, {scale}>>", sizes(shape));
        let real = |shape: &[usize]| format!("tensor<{}f32>", sizes(shape));
        let (input, output) = (real(&self.input), real(&self.output));
        let (from, to) = if self.bytes {
            (quantised(&self.input, 2.0 / 127.0), quantised(&self.output, 0.02))
        } else {
            (input.clone(), output.clone())
        };
        let mut lines = vec![
            r#"%n = "top.None"() : () -> none"#.to_owned(),
            format!(
                r#"%1 = "top.Input"(%arg0) {{do_preprocess = false}} : ({input}) -> {input} loc("input")"#
            ),
        ];
        let cast = r#"{round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true}"#;
        let mut operands = vec!["%1".to_owned()];
        if self.bytes {
            lines.push(format!(
                r#"%2 = "tpu.Cast"(%1) {cast} : ({input}) -> {from} loc("q")"#
            ));
            operands[0] = "%2".into();
        }
        let mut types = vec![from];
        let mut store = TensorMap::default();
        for (index, (shape, kind)) in self.weights.iter().enumerate() {
            if shape.is_empty() {
                operands.push("%n".into());
                types.push("none".into());
                continue;
            }
            let element = match kind {
                Kind::Float => "f32",
                Kind::Byte => "i8",
                Kind::Short => "i16",
            };
            let ty = format!("tensor<{}{element}>", sizes(shape));
            let name = format!("w{index}");
            lines.push(format!(r#"%{name} = "top.Weight"() : () -> {ty} loc("{name}")"#));
            operands.push(format!("%{name}"));
            types.push(ty);
            let values: Vec<f32> = floats(shape, 7 + index as u64, [-1.0, 1.0])
                .to_f32()
                .iter()
                .copied()
                .collect();
            let tensor = match kind {
                Kind::Float => Tensor::from_vec(shape, values),
                Kind::Byte => Tensor::from_vec(shape, values.iter().map(|x| (x * 127.0) as i8).collect()),
                Kind::Short => Tensor::from_vec(shape, values.iter().map(|x| (x * 900.0) as i16).collect()),
            };
            store.insert(name, tensor.expect("a weight"));
        }
        let (name, attrs) = (self.name, &self.attrs);
        let (operands, types) = (operands.join(", "), types.join(", "));
        lines.push(format!(
            r#"%3 = "{name}"({operands}) {{{attrs}}} : ({types}) -> {to} loc("out")"#
        ));
        let mut last = "%3";
        if self.bytes {
            lines.push(format!(
                r#"%4 = "tpu.Cast"(%3) {cast} : ({to}) -> {output} loc("out_f32")"#
            ));
            last = "%4";
        }
        let text = format!(
            "module @form attributes {{module.FLOPs = 0 : i64, module.addr_mode = \"basic\", module.asymmetric = false, \
             module.chip = \"bm1684\", module.cores = 1 : i64, module.devices = 1 : i64, module.mode = \"F32\", \
             module.platform = \"ONNX\", module.state = \"TPU_LOWERED\", module.top_run_mode = \"STATIC\", \
             module.weight_file = \"weights.npz\"}} {{\n  func.func @main(%arg0: {input}) -> {output} {{\n    {}\n    \
             return {last} : {output}\n  }}\n}}\n",
            lines.join("\n    ")
        );
        std::fs::write(path, &text).expect("written");
        npz::write_map(&path.with_file_name("weights.npz"), &store, Compression::Stored).expect("written");
    }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Numbers that follow from the seed, evenly distributed.
fn floats(shape: &[usize], seed: u64, [low, high]: [f32; 2]) -> Tensor {
    let count: usize = shape.iter().product();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let values: Vec<f32> = (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            low + (state >> 40) as f32 / (1_u64 << 24) as f32 * (high - low)
        })
        .collect();
    Tensor::from_vec(shape, values).expect("a tensor")
}

#[test]
fn softmax_along_any_axis() {
    for log in [false, true] {
        let attrs =
            |axis: i64, beta: f64| format!("axis = {axis} : si32, beta = {beta:?} : f64, log = {log}");
        for (shape, axis, beta) in [
            (&[2, 5, 7][..], 1, 1.0),
            (&[3, 1000], 1, 1.0),
            (&[2, 3, 70, 3], 2, 1.0),
            (&[600, 4, 5], -1, 0.5),
            (&[200, 6], 0, 2.0),
            (&[2, 60_000], 1, 1.0),
            (&[7], 0, 1.0),
        ] {
            form("tpu.Softmax", &attrs(axis, beta), shape, shape)
                .from(-9.0, 9.0)
                .check();
        }
    }
}

#[test]
fn reductions_over_any_axes() {
    for mode in ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2"] {
        for (shape, axes, output) in [
            (&[2, 3, 4, 5][..], "1, 2", &[2, 1, 1, 5][..]),
            (&[4, 3, 7, 5], "0, 2", &[1, 3, 1, 5]),
            (&[4, 3, 7, 5], "0, 1, 2, 3", &[1, 1, 1, 1]),
            (&[2, 130, 9], "1", &[2, 1, 9]),
            (&[2, 3, 2, 3, 2, 3], "0, 2, 4", &[1, 3, 1, 3, 1, 3]),
            (&[300, 3, 20], "-1", &[300, 3, 1]),
            (&[2, 70_000], "1", &[2, 1]),
        ] {
            // Products stay near 1.
            let wide = mode == "Prod" && shape[1] > 1000;
            let half = if wide { 0.001 } else { 0.1 };
            let attrs = format!("axes = [{axes}], keepdims = true, mode = \"Reduce{mode}\"");
            let form = form("tpu.Reduce", &attrs, shape, output);
            let form = if mode == "Prod" {
                form.from(1.0 - half, 1.0 + half)
            } else {
                form
            };
            form.check();
        }
    }
}

#[test]
fn normalisations_with_short_and_long_rows() {
    let none: &[usize] = &[];
    let layer = |axis: i64, normalised: &str| {
        format!("axis = {axis} : si32, eps = 1.000000e-05 : f64, normalized_shape = [{normalised}]")
    };
    let shape: &[usize] = &[2, 3, 40];
    form("tpu.LayerNorm", &layer(2, "40"), shape, shape)
        .with(&[&[40], &[40], none, none])
        .check();
    form("tpu.LayerNorm", &layer(-2, "3, 40"), shape, shape)
        .with(&[&[3, 40], none, none, none])
        .check();
    let group = |groups: usize| format!("eps = 1.000000e-05 : f64, num_groups = {groups} : i64");
    let shape: &[usize] = &[2, 6, 5, 7];
    form("tpu.GroupNorm", &group(3), shape, shape)
        .with(&[&[6], &[6], none, none])
        .check();
    // 240 000 elements lie in several lanes.
    let shape: &[usize] = &[1, 4, 200, 300];
    form("tpu.GroupNorm", &group(1), shape, shape)
        .with(&[&[4], &[4], none, none])
        .from(1.0, 5.0)
        .check();
    let shape: &[usize] = &[2, 70, 3, 4];
    form("tpu.InstanceNorm", "eps = 1.000000e-05 : f64", shape, shape)
        .with(&[&[70], &[70], none, none])
        .check();
    form("tpu.PixelNorm", "eps = 1.000000e-05 : f64", shape, shape)
        .with(&[&[70], &[70], none, none])
        .check();
    form(
        "tpu.RMSNorm",
        "eps = 1.000000e-05 : f64",
        &[2, 5, 33],
        &[2, 5, 33],
    )
    .with(&[&[33]])
    .check();
    for size in [1, 4, 5, 31] {
        let attrs = format!(
            "alpha = 1.000000e-01 : f64, beta = 7.500000e-01 : f64, bias = 2.0 : f64, size = {size} : i64"
        );
        form("tpu.LRN", &attrs, &[3, 66, 4, 5], &[3, 66, 4, 5])
            .with(&[none, none])
            .check();
    }
}

#[test]
fn paddings_of_every_mode() {
    let none: &[usize] = &[];
    for (mode, shape, paddings, output) in [
        (
            "reflect",
            &[2, 3, 6, 7][..],
            "0, 0, 5, 3, 0, 0, 2, 6",
            &[2, 3, 13, 16][..],
        ),
        (
            "symmetric",
            &[2, 3, 6, 7],
            "0, 0, 6, 3, 0, 0, 2, 7",
            &[2, 3, 14, 17],
        ),
        ("edge", &[2, 3, 6, 7], "1, 0, 20, 3, 0, 2, 2, 17", &[3, 5, 28, 27]),
        ("reflect", &[5], "4, 3", &[12]),
        (
            "edge",
            &[2, 2, 3, 2, 3],
            "1, 1, 1, 1, 1, 0, 1, 0, 1, 2",
            &[3, 4, 4, 4, 6],
        ),
        (
            "constant",
            &[2, 3, 6, 7],
            "0, -1, -2, 3, 1, -1, 2, -4",
            &[3, 1, 6, 6],
        ),
        ("edge", &[6, 7], "-2, 3, 2, -4", &[6, 6]),
        ("reflect", &[9, 9], "-2, -1, 3, -4", &[10, 4]),
        ("constant", &[4, 5], "-1, -1, -1, -2", &[2, 2]),
    ] {
        let attrs = format!(
            "mode = #tpu<Pad_Mode {mode}>, paddings = [{paddings}], val = 3.000000e+00 : f64, with_insert_zero = false"
        );
        let form = form("tpu.Pad", &attrs, shape, output).with(&[none, none, none, none]);
        form.check();
    }
}

#[test]
fn images_of_every_size_and_mode() {
    let none: &[usize] = &[];
    for mode in ["nearest", "linear"] {
        for coordinates in ["align_corners", "half_pixel", "pytorch_half_pixel", "asymmetric"] {
            for (shape, output) in [
                (&[2, 3, 4, 6][..], &[2, 3, 8, 12][..]),
                (&[1, 70, 7, 5], &[1, 70, 3, 9]),
                (&[1, 2, 1, 1], &[1, 2, 4, 3]),
                (&[1, 2, 5, 7], &[1, 2, 1, 1]),
                (&[1, 3, 160, 300], &[1, 3, 320, 450]),
            ] {
                let attrs = format!(
                    "coord_mode = #tpu<coord_mode {coordinates}>, mode = #tpu<mode {mode}>, ppl_flag = false, \
                     scale_h = 1.0 : f64, scale_w = 1.0 : f64"
                );
                form("tpu.Interp", &attrs, shape, output)
                    .with(&[none, none])
                    .check();
            }
        }
    }
}

/// Kernel, steps, dilations and paddings of a window.
struct Window(&'static str, &'static str, &'static str, &'static str);

fn convolution(input: &[usize], output: &[usize], filter: &[usize], group: usize, window: &Window) -> Form {
    let Window(kernel, strides, dilations, pads) = window;
    let attrs = format!(
        "coeff_merged = false, dilations = [{dilations}], do_relu = false, dynweight_reorderd = false, group = {group} : i64, \
         kernel_shape = [{kernel}], kernel_zp = 0 : i64, pads = [{pads}], quant_mode = #tpu<rq_mode OnlyShift>, relu_limit = \
         -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfUp>, strides = [{strides}], support_compress = false, \
         use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = true"
    );
    form("tpu.Conv2D", &attrs, input, output).with(&[filter, &[output[1]]])
}

#[test]
fn windows_beyond_the_fields_of_a_command() {
    let mut forms = Vec::new();
    // Steps, dilations, channels, paddings, kernels.
    for (input, output, filter, group, window) in [
        (
            &[2, 3, 50, 41][..],
            &[2, 8, 3, 2][..],
            &[8, 3, 16, 16][..],
            1,
            Window("16, 16", "17, 20", "1, 1", "0, 0, 0, 0"),
        ),
        (
            &[1, 6, 60, 50],
            &[1, 4, 28, 54],
            &[4, 3, 3, 2],
            2,
            Window("3, 2", "1, 1", "18, 20", "2, 10, 2, 14"),
        ),
        (
            &[1, 70, 30, 9],
            &[1, 70, 30, 9],
            &[70, 1, 3, 1],
            70,
            Window("3, 1", "1, 1", "25, 1", "25, 0, 25, 0"),
        ),
        (
            &[2, 5003, 2, 3],
            &[2, 5, 1, 2],
            &[5, 5003, 2, 2],
            1,
            Window("2, 2", "1, 1", "1, 1", "0, 0, 0, 0"),
        ),
        (
            &[1, 2, 3, 3],
            &[1, 3, 7, 7],
            &[3, 2, 3, 3],
            1,
            Window("3, 3", "1, 1", "1, 1", "3, 3, 3, 3"),
        ),
        (
            &[1, 2, 4, 4],
            &[1, 3, 12, 4],
            &[3, 2, 1, 1],
            1,
            Window("1, 1", "1, 1", "1, 1", "5, 0, 3, 0"),
        ),
        (
            &[1, 4, 70, 70],
            &[1, 4, 6, 6],
            &[4, 4, 65, 65],
            1,
            Window("65, 65", "1, 1", "1, 1", "0, 0, 0, 0"),
        ),
    ] {
        forms.push(convolution(input, output, filter, group, &window));
    }
    for (mode, input, output, window) in [
        (
            "Max",
            &[2, 3, 50, 41][..],
            &[2, 3, 3, 2][..],
            Window("3, 4", "17, 20", "1, 1", "0, 0, 0, 0"),
        ),
        (
            "Avg",
            &[2, 70, 50, 41],
            &[2, 70, 3, 2],
            Window("3, 4", "17, 20", "1, 1", "0, 0, 0, 0"),
        ),
        (
            "Max",
            &[1, 3, 40, 40],
            &[1, 3, 2, 2],
            Window("20, 20", "20, 20", "1, 1", "0, 0, 0, 0"),
        ),
        (
            "Avg",
            &[1, 3, 40, 40],
            &[1, 3, 1, 1],
            Window("40, 40", "1, 1", "1, 1", "0, 0, 0, 0"),
        ),
    ] {
        let Window(kernel, strides, _, pads) = window;
        let attrs = format!(
            "count_include_pad = true, do_relu = false, keepdims = true, kernel_shape = [{kernel}], pad_value = 0 : i64, \
             pads = [{pads}], pool_mode = #tpu<pool_mode {mode}>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode \
             HalfAwayFromZero>, strides = [{strides}]"
        );
        forms.push(form("tpu.Pool2D", &attrs, input, output));
    }
    for form in forms {
        form.check();
        let mut bytes = form.in_bytes();
        if bytes.name == "tpu.Pool2D" {
            bytes.attrs = bytes.attrs.replace("rshift = [7]", "rshift = 9 : i64");
            if bytes.attrs.contains("Max") {
                bytes.attrs = bytes
                    .attrs
                    .replace(", multiplier = 21 : i64", "")
                    .replace(", rshift = 9 : i64", "");
                continue;
            }
        } else {
            bytes.attrs = bytes.attrs.replace(", multiplier = 21 : i64", "");
        }
        bytes.check();
    }
}

/// First convolutions, large enough that taps become channels: along the height, along the width, both; in batches, with edges
/// on all sides, with steps and dilations.
#[test]
fn taps_of_first_convolutions_are_channels() {
    for (input, output, filter, window) in [
        (
            &[1, 3, 90, 75][..],
            &[1, 40, 45, 38][..],
            &[40, 3, 7, 7][..],
            Window("7, 7", "2, 2", "1, 1", "3, 3, 3, 3"),
        ),
        (
            &[5, 3, 41, 60],
            &[5, 16, 41, 30],
            &[16, 3, 3, 3],
            Window("3, 3", "1, 2", "1, 1", "1, 0, 1, 1"),
        ),
        (
            &[2, 1, 70, 64],
            &[2, 70, 66, 64],
            &[70, 1, 5, 1],
            Window("5, 1", "1, 1", "1, 1", "0, 0, 0, 0"),
        ),
        (
            &[1, 4, 40, 200],
            &[1, 24, 40, 99],
            &[24, 4, 1, 5],
            Window("1, 5", "1, 2", "1, 2", "0, 3, 0, 2"),
        ),
        (
            &[1, 2, 66, 50],
            &[1, 9, 68, 56],
            &[9, 2, 3, 2],
            Window("3, 2", "1, 1", "4, 3", "7, 2, 3, 7"),
        ),
        (
            &[1, 3, 2, 700],
            &[1, 5, 4, 700],
            &[5, 3, 3, 3],
            Window("3, 3", "1, 1", "1, 1", "2, 1, 2, 1"),
        ),
    ] {
        let form = convolution(input, output, filter, 1, &window);
        form.check();
        let mut bytes = form.in_bytes();
        bytes.attrs = bytes.attrs.replace(", multiplier = 21 : i64", "");
        bytes.check();
    }
}

/// Pieces of sizes without divisors near the number of lanes; long and short axes beside few and many positions.
#[test]
fn rows_side_by_side() {
    for (shape, axis) in [
        (&[1, 4420, 2][..], 2),
        (&[1, 16, 4, 1021], 1),
        (&[3, 5, 700], 1),
        (&[1, 3, 3000], -1),
        (&[67, 3, 2, 67], 2),
        (&[2, 2, 90, 1500], 1),
        (&[130_001, 2], 1),
    ] {
        let attrs = format!("axis = {axis} : si32, beta = 1.0 : f64, log = false");
        form("tpu.Softmax", &attrs, shape, shape)
            .from(-90.0, 90.0)
            .check();
    }
}
