//! Small random networks, lowered in both precisions, compiled and run on the emulator, against the reference inference:
//! every integer tensor equal, floats within the bound of `codegen.rs`. Each one is compiled without layer groups and with
//! sliced ones too, and has the same bits then. Each network follows from its seed alone.
//!
//! `TPUC_SEEDS=100..200` tries others; with `TPUC_KEEP_BMODELS=FOLDER` their bmodels and inputs are kept for the vendor's
//! simulator (`tests/peer/vendor_runs_ours.py --bmodels FOLDER`).

use crate::codegen::compare_with;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use tpuc_compiler::codegen::bm1684::group::pass::Settings;
use tpuc_compiler::codegen::bm1684::group::search::Effort;
use tpuc_compiler::codegen::bm1684::group::seen::Kind;
use tpuc_compiler::data::npz::{self, Compression};
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::inference::{Dump, Interpreter};
use tpuc_compiler::pass::run_pipeline;
use tpuc_compiler::program::Program;
use tpuc_dialects::ir::{Op, TypeKind};

pub type Failure = Box<dyn std::error::Error>;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn within(&mut self, range: Range<usize>) -> usize {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Nearly normally distributed, standard deviation 1.
    fn normal(&mut self) -> f32 {
        let sum: f32 = (0..12)
            .map(|_| (self.next() >> 40) as f32 / (1_u32 << 24) as f32)
            .sum();
        sum - 6.0
    }
}

#[derive(Clone, Debug)]
struct Value {
    /// As in the text, without the sign.
    name: String,
    shape: Vec<usize>,
    used: bool,
}

/// A window over three dimensions.
struct Volume {
    kernel: [usize; 3],
    strides: [usize; 3],
    dilations: [usize; 3],
    pads: [usize; 6],
    group: usize,
}

/// A network as text of the `top` dialect, with its weights.
pub struct Network {
    random: Random,
    /// Most multiplications of one operation.
    most_work: usize,
    /// Most elements of one tensor.
    most_elements: usize,
    /// The output channels of a convolution have weights of different magnitude.
    uneven: bool,
    body: String,
    weights: TensorMap,
    values: Vec<Value>,
    input: Vec<usize>,
}

fn tensor_type(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("tensor<{}xf32>", sizes.join("x"))
}

impl Network {
    pub fn new(seed: u64, input: Option<&[usize]>, most_work: usize) -> Self {
        let mut random = Random(seed);
        let input = input.map_or_else(
            || {
                vec![
                    random.pick(&[1, 1, 1, 2, 3, 4, 5, 6]),
                    random.pick(&[1, 2, 3, 4, 7, 16, 33, 64, 65, 130]),
                    random.within(3..30),
                    random.within(3..30),
                ]
            },
            |shape| shape.to_vec(),
        );
        let mut network = Self {
            random,
            most_work,
            most_elements: (most_work / 20).max(input.iter().product()),
            uneven: false,
            body: String::new(),
            weights: TensorMap::default(),
            values: Vec::new(),
            input: input.clone(),
        };
        let (argument, result) = (tensor_type(&input), tensor_type(&input));
        let _ = writeln!(
            network.body,
            "    %0 = \"top.Input\"(%arg0) {{do_preprocess = false}} : ({argument}) -> {result} loc(\"input\")\n    \
             %none = \"top.None\"() : () -> none"
        );
        network.values.push(Value {
            name: "0".to_owned(),
            shape: input,
            used: false,
        });
        network
    }

    pub fn weight(&mut self, shape: &[usize], scale: f32) -> String {
        let name = format!("w{}", self.weights.len());
        let count = shape.iter().product();
        let data: Vec<f32> = (0..count).map(|_| self.random.normal() * scale).collect();
        let tensor = Tensor::from_vec(shape, data).expect("a weight");
        self.weights.insert(name.clone(), tensor);
        let _ = writeln!(
            self.body,
            "    %{name} = \"top.Weight\"() : () -> {} loc(\"{name}\")",
            tensor_type(shape)
        );
        format!("%{name} : {}", tensor_type(shape))
    }

    /// Makes the output channels of the last weight differ by up to 2^11; some have no weights at all.
    fn spread_channels(&mut self) {
        let Some((_, tensor)) = self.weights.iter_mut().next_back() else {
            return;
        };
        let shape = tensor.shape().to_vec();
        let per_channel = tensor.len() / shape[0];
        let mut data: Vec<f32> = tensor.to_f32().iter().copied().collect();
        for channel in data.chunks_mut(per_channel) {
            let factor = if self.random.chance(5) {
                0.0
            } else {
                (-(self.random.below(12) as f32)).exp2()
            };
            channel.iter_mut().for_each(|value| *value *= factor);
        }
        *tensor = Tensor::from_vec(&shape, data).expect("a weight");
    }

    /// Appends an operation; operands are `%name : type`.
    pub fn push(&mut self, name: &str, operands: &[String], attrs: &str, shape: Vec<usize>) -> usize {
        let id = self.values.len();
        let split: Vec<(&str, &str)> = operands
            .iter()
            .map(|operand| operand.split_once(" : ").expect("a type"))
            .collect();
        let names: Vec<&str> = split.iter().map(|(name, _)| *name).collect();
        let types: Vec<&str> = split.iter().map(|(_, ty)| *ty).collect();
        let _ = writeln!(
            self.body,
            "    %{id} = \"top.{name}\"({}) {{{attrs}}} : ({}) -> {} loc(\"{id}_{name}\")",
            names.join(", "),
            types.join(", "),
            tensor_type(&shape)
        );
        self.values.push(Value {
            name: id.to_string(),
            shape,
            used: false,
        });
        id
    }

    pub fn operand(&mut self, value: usize) -> String {
        self.values[value].used = true;
        let value = &self.values[value];
        format!("%{} : {}", value.name, tensor_type(&value.shape))
    }

    pub fn none() -> String {
        "%none : none".to_owned()
    }

    pub fn shape(&self, value: usize) -> [usize; 4] {
        let shape = &self.values[value].shape;
        [shape[0], shape[1], shape[2], shape[3]]
    }

    /// Kernel, step, dilation and padding along a dimension, and the result's size.
    fn window(&mut self, size: usize, largest_kernel: usize, dilate: bool) -> ([usize; 5], usize) {
        loop {
            let kernel = self.random.within(1..largest_kernel + 1);
            let stride = self.random.pick(&[1, 1, 1, 2, 2, 3, 5]);
            let dilation = if dilate {
                self.random.pick(&[1, 1, 1, 2, 3])
            } else {
                1
            };
            let reach = (kernel - 1) * dilation;
            let most = if dilate { reach + 1 } else { kernel.div_ceil(2) };
            let (before, after) = (self.random.below(most), self.random.below(most));
            if let Some(rest) = (size + before + after).checked_sub(reach + 1)
                && rest + 1 > 0
            {
                return ([kernel, stride, dilation, before, after], rest / stride + 1);
            }
        }
    }

    fn convolution(&mut self, x: usize, outputs: Option<usize>, point: bool) -> usize {
        let [n, c, h, w] = self.shape(x);
        let (rows, high) = if point {
            ([1, 1, 1, 0, 0], h)
        } else {
            self.window(h, 5, true)
        };
        let (columns, wide) = if point {
            ([1, 1, 1, 0, 0], w)
        } else {
            self.window(w, 5, true)
        };
        let taps = rows[0] * columns[0];
        let room = (self.most_work / (n * c * high * wide * taps)).max(1);
        let mut outputs = outputs.unwrap_or_else(|| {
            let wanted = self.random.pick(&[1, 2, 5, 8, 13, 32, 64, 65, 100, 192]);
            wanted.min(room)
        });
        let divisors: Vec<usize> = (1..=c).filter(|group| c.is_multiple_of(*group)).collect();
        let mut group = 1;
        if !point && self.random.chance(30) {
            group = c;
            outputs = c;
        } else if !point && self.random.chance(20) {
            group = self.random.pick(&divisors);
            outputs = outputs.div_ceil(group) * group;
        }
        let scale = 1.0 / ((c / group * taps) as f32).sqrt();
        let input = self.operand(x);
        let filter = self.weight(&[outputs, c / group, rows[0], columns[0]], scale);
        if self.uneven {
            self.spread_channels();
        }
        let bias = if self.random.chance(70) {
            self.weight(&[outputs], 0.3)
        } else {
            Self::none()
        };
        let relu = self.random.chance(40);
        let attrs = format!(
            "dilations = [{}, {}], do_relu = {relu}, group = {group} : i64, kernel_shape = [{}, {}], pads = [{}, {}, {}, {}], \
             relu_limit = -1.000000e+00 : f64, strides = [{}, {}], weight_is_coeff = 1 : i64",
            rows[2],
            columns[2],
            rows[0],
            columns[0],
            rows[3],
            columns[3],
            rows[4],
            columns[4],
            rows[1],
            columns[1]
        );
        self.push(
            "Conv",
            &[input, filter, bias],
            &attrs,
            vec![n, outputs, high, wide],
        )
    }

    fn transposed(&mut self, x: usize) -> Option<usize> {
        let [n, c, h, w] = self.shape(x);
        let mut axes = Vec::new();
        for size in [h, w] {
            let kernel = self.random.within(1..5);
            let stride = self.random.pick(&[1, 2, 2, 3, 4, 17]);
            let dilation = self.random.pick(&[1, 1, 2]);
            let reach = (kernel - 1) * dilation;
            let (before, after) = (self.random.below(reach + 1), self.random.below(reach + 1));
            let more = self.random.below(stride);
            let out = ((size - 1) * stride + reach + 1 + more).checked_sub(before + after)?;
            axes.push(([kernel, stride, dilation, before, after, more], out.max(1)));
            if out == 0 {
                return None;
            }
        }
        let [(rows, high), (columns, wide)] = axes[..] else {
            return None;
        };
        let group = if self.random.chance(40) {
            let divisors: Vec<usize> = (1..=c).filter(|group| c.is_multiple_of(*group)).collect();
            self.random.pick(&divisors)
        } else {
            1
        };
        let per_group = if group == c { 1 } else { self.random.within(1..9) };
        let outputs = group * per_group;
        let taps = rows[0] * columns[0];
        if n * outputs * high * wide > self.most_elements
            || n * outputs * high * wide * (c / group) * taps > self.most_work
        {
            return None;
        }
        let input = self.operand(x);
        let scale = 1.0 / ((c / group * taps) as f32).sqrt();
        let filter = self.weight(&[per_group, c, rows[0], columns[0]], scale);
        let bias = if self.random.chance(70) {
            self.weight(&[outputs], 0.3)
        } else {
            Self::none()
        };
        let attrs = format!(
            "dilations = [{}, {}], do_relu = {}, dynweight_reorderd = false, group = {group} : i64, kernel_shape = [{}, {}], \
             output_padding = [{}, {}], pads = [{}, {}, {}, {}], relu_limit = -1.000000e+00 : f64, strides = [{}, {}]",
            rows[2],
            columns[2],
            self.random.chance(30),
            rows[0],
            columns[0],
            rows[5],
            columns[5],
            rows[3],
            columns[3],
            rows[4],
            columns[4],
            rows[1],
            columns[1]
        );
        Some(self.push(
            "Deconv",
            &[input, filter, bias],
            &attrs,
            vec![n, outputs, high, wide],
        ))
    }

    fn pool(&mut self, x: usize, whole: bool) -> usize {
        let [n, c, h, w] = self.shape(x);
        let whole = whole && h * w <= 225;
        let ((rows, high), (columns, wide)) = if whole {
            (([h, 1, 1, 0, 0], 1), ([w, 1, 1, 0, 0], 1))
        } else {
            (self.window(h, 4, false), self.window(w, 4, false))
        };
        let name = self.random.pick(&["MaxPool", "AvgPool"]);
        let input = self.operand(x);
        let attrs = format!(
            "count_include_pad = {}, do_relu = false, is_adaptive = false, keepdims = true, kernel_shape = [{}, {}], \
             pad_value = 0 : i64, pads = [{}, {}, {}, {}], relu_limit = -1.000000e+00 : f64, strides = [{}, {}]",
            name == "AvgPool",
            rows[0],
            columns[0],
            rows[3],
            columns[3],
            rows[4],
            columns[4],
            rows[1],
            columns[1]
        );
        self.push(name, &[input], &attrs, vec![n, c, high, wide])
    }

    /// Two tensors joined: sum, difference, product, largest, smallest; the second may be broadcast.
    fn join(&mut self, x: usize) -> usize {
        let [n, c, h, w] = self.shape(x);
        let same: Vec<usize> = self
            .values
            .iter()
            .enumerate()
            .filter(|(id, value)| *id != x && value.shape == [n, c, h, w])
            .map(|(id, _)| id)
            .collect();
        let other = if self.random.chance(30) && h * w <= 225 {
            self.pool(x, true)
        } else if let (false, true) = (same.is_empty(), self.random.chance(60)) {
            self.random.pick(&same)
        } else {
            self.convolution(x, Some(c), true)
        };
        let whole = self.shape(other) == [n, c, h, w];
        let name = if whole {
            self.random.pick(&["Add", "Add", "Mul", "Sub", "Max", "Min"])
        } else {
            self.random.pick(&["Add", "Mul"])
        };
        let (left, right) = (self.operand(x), self.operand(other));
        let relu = self.random.chance(30) && name != "Max" && name != "Min";
        let attrs = match name {
            "Max" | "Min" => String::new(),
            "Sub" => format!(
                "do_relu = {relu}, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64"
            ),
            _ => format!("do_relu = {relu}, is_scalar = false, relu_limit = -1.000000e+00 : f64"),
        };
        self.push(name, &[left, right], &attrs, vec![n, c, h, w])
    }

    fn concat(&mut self, x: usize) -> usize {
        let [n, c, h, w] = self.shape(x);
        let other = self.convolution(x, Some(self.input[1].min(c)), true);
        let channels = self.shape(other)[1];
        let (left, right) = (self.operand(x), self.operand(other));
        let attrs = "axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64";
        self.push("Concat", &[left, right], attrs, vec![n, c + channels, h, w])
    }

    fn activation(&mut self, x: usize) -> usize {
        let shape = self.shape(x);
        let input = self.operand(x);
        match self.random.below(4) {
            0 => self.push(
                "Relu",
                &[input],
                "relu_limit = -1.000000e+00 : f64",
                shape.to_vec(),
            ),
            1 => {
                let alpha = self
                    .random
                    .pick(&["1.000000e-01", "6.700000e-01", "2.500000e-01"]);
                self.push(
                    "LeakyRelu",
                    &[input],
                    &format!("alpha = {alpha} : f64"),
                    shape.to_vec(),
                )
            }
            2 => {
                let slope = self.weight(&[1, shape[1], 1, 1], 0.4);
                self.push("PRelu", &[input, slope], "", shape.to_vec())
            }
            _ => self.push(
                "Sigmoid",
                &[input],
                "bias = 0.000000e+00 : f64, log = false, scale = 1.000000e+00 : f64",
                shape.to_vec(),
            ),
        }
    }

    fn movement(&mut self, x: usize) -> Option<usize> {
        let shape = self.shape(x);
        let [n, c, h, w] = shape;
        match self.random.below(5) {
            0 => {
                let scale = self.random.within(2..4);
                if n * c * h * w * scale * scale > self.most_elements {
                    return None;
                }
                let input = self.operand(x);
                let attrs = format!(
                    "do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = {scale} : i64, scale_w = {scale} : i64"
                );
                Some(self.push("Upsample", &[input], &attrs, vec![n, c, h * scale, w * scale]))
            }
            1 => {
                let order = self
                    .random
                    .pick(&[[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 1, 3]]);
                let input = self.operand(x);
                let out = order.iter().map(|&dim| shape[dim]).collect();
                Some(self.push("Permute", &[input], &format!("order = {order:?}"), out))
            }
            2 => {
                let pads: Vec<usize> = (0..4).map(|_| self.random.below(4)).collect();
                let out = vec![n, c, h + pads[0] + pads[2], w + pads[1] + pads[3]];
                let input = self.operand(x);
                let attrs = format!(
                    "mode = \"constant\", paddings = [0, 0, {}, {}, 0, 0, {}, {}], val = 0.000000e+00 : f64",
                    pads[0], pads[1], pads[2], pads[3]
                );
                Some(self.push("Pad", &[input], &attrs, out))
            }
            3 => {
                let starts: Vec<usize> = shape
                    .iter()
                    .map(|size| self.random.below(size.div_ceil(3)))
                    .collect();
                let starts = [0, starts[1], starts[2], starts[3]];
                let steps = [1, 1, self.random.within(1..3), self.random.within(1..3)];
                let out: Vec<usize> = (0..4)
                    .map(|dim| (shape[dim] - starts[dim]).div_ceil(steps[dim]))
                    .collect();
                let input = self.operand(x);
                let none = Self::none();
                let attrs = format!(
                    "axes = [], ends = {shape:?}, hasparamConvert_axes = [], offset = {starts:?}, steps = {steps:?}"
                );
                Some(self.push("Slice", &[input, none.clone(), none.clone(), none], &attrs, out))
            }
            _ => {
                let input = self.operand(x);
                let out = vec![n, c * h, w, 1];
                let attrs = format!("shape = {out:?}");
                Some(self.push("Reshape", &[input], &attrs, out))
            }
        }
    }

    fn product(&mut self, x: usize) -> usize {
        let [n, c, h, w] = self.shape(x);
        let room = (self.most_work / (n * c * h * w)).max(1);
        let columns = self.random.pick(&[1, 3, 10, 64, 70, 129]).min(room);
        let input = self.operand(x);
        let right = self.weight(&[w, columns], 1.0 / (w as f32).sqrt());
        let bias = if self.random.chance(50) {
            self.weight(&[columns], 0.3)
        } else {
            Self::none()
        };
        let attrs = format!(
            "do_relu = {}, hdim_is_batch = false, keep_dims = true, left_transpose = false, output_transpose = false, \
             relu_limit = -1.000000e+00 : f64, right_transpose = false",
            self.random.chance(30)
        );
        self.push("MatMul", &[input, right, bias], &attrs, vec![n, c, h, columns])
    }

    /// A convolution, a transposed one or a pooling over three dimensions.
    fn volume(&mut self, name: &str, window: &Volume, out: &[usize]) {
        let shape = self.values[0].shape.clone();
        let (kernel, strides, pads) = (window.kernel, window.strides, window.pads);
        let input = self.operand(0);
        let mut attrs = format!(
            "do_relu = true, kernel_shape = {kernel:?}, pads = {pads:?}, relu_limit = -1.000000e+00 : f64, strides = {strides:?}"
        );
        let mut operands = vec![input];
        if name.ends_with("Pool") {
            attrs += &format!(
                ", count_include_pad = {}, is_adaptive = false, keepdims = true, pad_value = 0 : i64",
                name == "AvgPool"
            );
        } else {
            let (channels, group) = (shape[1], window.group);
            let filter = if name == "Conv" {
                [out[1], channels / group]
            } else {
                attrs += ", output_padding = [0, 0, 0]";
                [out[1] / group, channels]
            };
            let taps: usize = kernel.iter().product();
            let mut filter = filter.to_vec();
            filter.extend(kernel);
            operands.push(self.weight(&filter, 1.0 / ((channels / group * taps) as f32).sqrt()));
            operands.push(self.weight(&[out[1]], 0.3));
            attrs += &format!(", dilations = {:?}, group = {group} : i64", window.dilations);
        }
        self.push(name, &operands, &attrs, out.to_vec());
    }

    /// An LSTM (4 gates) or GRU (3 gates) over the input `[time, batch, features]`.
    fn recurrent(&mut self, gates: usize, hidden: usize, directions: usize, whole: bool, more: &str) {
        let shape = self.values[0].shape.clone();
        let (time, batch, features) = (shape[0], shape[1], shape[2]);
        let input = self.operand(0);
        let rows = gates * hidden;
        let filter = self.weight(&[directions, rows, features], 1.0 / (features as f32).sqrt());
        let recurrence = self.weight(&[directions, rows, hidden], 1.0 / (hidden as f32).sqrt());
        let mut operands = vec![input, filter, recurrence];
        let states = gates - 2;
        let state = vec![directions, batch, hidden];
        if whole {
            operands.push(self.weight(&[directions, 2 * rows], 0.5));
            operands.extend((0..states).map(|_| self.weight(&state, 0.5)));
        } else {
            operands.extend((0..=states).map(|_| Self::none()));
        }
        let name = if gates == 4 { "LSTM" } else { "GRU" };
        if gates == 4 {
            operands.push(Self::none());
        }
        let split: Vec<(&str, &str)> = operands
            .iter()
            .map(|operand| operand.split_once(" : ").expect("a type"))
            .collect();
        let names: Vec<&str> = split.iter().map(|(name, _)| *name).collect();
        let types: Vec<&str> = split.iter().map(|(_, ty)| *ty).collect();
        let mut results = vec![vec![time, directions, batch, hidden]];
        results.extend((0..states).map(|_| state.clone()));
        let result_types: Vec<String> = results.iter().map(|shape| tensor_type(shape)).collect();
        let locations: Vec<String> = (0..results.len()).map(|index| format!("\"y{index}\"")).collect();
        let _ = writeln!(
            self.body,
            "    %1:{} = \"top.{name}\"({}) {{batch_first = false, bidirectional = {}, hidden_size = {hidden} : i64{more}}} : ({}) -> ({}) \
             loc(fused[{}])",
            results.len(),
            names.join(", "),
            directions == 2,
            types.join(", "),
            result_types.join(", "),
            locations.join(", ")
        );
        for (index, shape) in results.into_iter().enumerate() {
            self.values.push(Value {
                name: format!("1#{index}"),
                shape,
                used: false,
            });
        }
    }

    fn grow(&mut self, operations: usize) {
        let mut x = 0;
        for _ in 0..operations {
            x = match self.random.below(20) {
                0..=6 => self.convolution(x, None, false),
                7..=8 => self.pool(x, false),
                9..=11 => self.join(x),
                12 => self.concat(x),
                13..=14 => self.activation(x),
                15..=16 => self.movement(x).unwrap_or(x),
                17..=18 => self.transposed(x).unwrap_or(x),
                _ => self.product(x),
            };
        }
    }

    /// The program, from a file, its shapes inferred.
    pub fn program(&self, folder: &Path) -> Result<Program, Failure> {
        let outputs: Vec<&Value> = self.values.iter().filter(|value| !value.used).collect();
        let names: Vec<String> = outputs.iter().map(|value| format!("%{}", value.name)).collect();
        let types: Vec<String> = outputs.iter().map(|value| tensor_type(&value.shape)).collect();
        let mut text = format!(
            "module @Random attributes {{module.chip = \"ALL\", module.platform = \"ONNX\", module.state = \"TOP_F32\", \
             module.top_run_mode = \"STATIC\", module.weight_file = \"random.npz\"}} {{\n  func.func @main(%arg0: {}) -> ({}) {{\n",
            tensor_type(&self.input),
            types.join(", ")
        );
        text += &self.body;
        let _ = writeln!(
            text,
            "    return {} : {}\n  }}\n}}",
            names.join(", "),
            types.join(", ")
        );
        std::fs::write(folder.join("random.mlir"), text)?;
        npz::write_map(&folder.join("random.npz"), &self.weights, Compression::Stored)?;
        let mut program = Program::read(&folder.join("random.mlir"))?;
        run_pipeline(&mut program, &[("shape-infer", "")]).map_err(|error| error.to_string())?;
        Ok(program)
    }
}

/// What computes floats, besides casts.
fn float_operations(program: &Program) -> Vec<String> {
    let ctx = &program.ctx;
    let ops = program
        .main()
        .map(|function| function.ops(ctx))
        .unwrap_or_default();
    let floats = ops.into_iter().filter(|op| {
        let op = *op;
        let quantised = |value| {
            let element = ctx.element(value).map(|ty| ctx.type_kind(ty));
            matches!(element, Some(TypeKind::Uniform { .. }))
        };
        ctx.op_name(op).starts_with("tpu.")
            && !ctx.is(op, "tpu.Cast")
            && !ctx.results(op).iter().all(|value| quantised(*value))
    });
    floats.map(|op| ctx.op_name(op).to_owned()).collect()
}

/// How the networks of a run came out.
#[derive(Default, Debug)]
struct Counts {
    float: usize,
    integer: usize,
    /// Of the integer ones, those whose inputs and outputs are bytes.
    bytes_outside: usize,
    /// INT8 programs with float parts, whose rounding may differ: they only have to run.
    mixed: usize,
    /// The operations that made them so.
    floats: std::collections::BTreeMap<String, usize>,
    /// Convolutions with a shift for each channel.
    shifts: usize,
    /// Programs with layer groups in slices.
    grouped: usize,
    /// Layer groups whose tensors lie in bands.
    bands: usize,
}

/// With layer groups as found best, without any, with two to four slices in each, and with bands wherever these can be.
fn ways(seed: u64) -> [Settings; 4] {
    let sliced = Settings {
        row_slices: 2 + (seed % 3) as usize,
        ..Settings::default()
    };
    let bands = Settings {
        row_slices: 1 + (seed % 2) as usize,
        prefer: Some(Kind::Bands),
        ..Settings::default()
    };
    [Settings::default(), Settings::of(Effort::None), sliced, bands]
}

/// Groups that a program has with `options` of the pass, where `attr` is more than 1.
fn groups_made(program: &Program, options: &str, attr: &str) -> Result<usize, Failure> {
    let mut program = program.fork()?;
    let passes = [
        ("processor-tpu-optimize", ""),
        ("weight-reorder", ""),
        ("layer-group", options),
    ];
    run_pipeline(&mut program, &passes)?;
    let ctx = &program.ctx;
    let ops = program.main()?.ops(ctx);
    let several = |op: &&Op| ctx.is(**op, "tpu.Group") && ctx.get_i64(**op, attr) > Some(1);
    Ok(ops.iter().filter(several).count())
}

/// Convolutions whose channels have shifts of their own.
fn convolutions_with_shifts(program: &Program) -> usize {
    let ctx = &program.ctx;
    let ops = program
        .main()
        .map(|function| function.ops(ctx))
        .unwrap_or_default();
    ops.into_iter()
        .filter(|op| ctx.is(*op, "tpu.Conv2D"))
        .filter(|op| ctx.get_i64s(*op, "rshift").is_some_and(|shifts| shifts.len() > 1))
        .count()
}

/// Both precisions of one network; `convert` are options of the lowering.
fn check(network: &Network, name: &str, convert: &str, counts: &mut Counts) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut random = Random(network.random.0 ^ 1);
    let count = network.input.iter().product();
    let data: Vec<f32> = (0..count).map(|_| random.normal()).collect();
    let mut inputs = TensorMap::default();
    inputs.insert("input".to_owned(), Tensor::from_vec(&network.input, data)?);
    let program = network.program(folder.path())?;
    let tensors = Interpreter::new(&program)?.run_all(&inputs, Dump::All)?;
    let mut table = String::new();
    for (name, tensor) in &tensors {
        let values = tensor.to_f32();
        let (low, high) = values.iter().fold((0.0_f32, 0.0_f32), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        let _ = writeln!(table, "{name} {} {low} {high}", low.abs().max(high).max(1e-3));
    }
    let table_path = folder.path().join("table");
    std::fs::write(&table_path, table)?;
    let calibration = format!("file={} asymmetric=false", table_path.display());
    for mode in ["F32", "INT8"] {
        let mut program = network.program(folder.path())?;
        let assign = format!("chip=bm1684 mode={mode}");
        let mut passes = vec![("processor-assign", assign.as_str())];
        if mode == "INT8" {
            passes.push(("import-calibration-table", &calibration));
        }
        passes.extend([
            ("processor-top-optimize", ""),
            ("convert-top-to-tpu", convert),
            ("canonicalize", ""),
            ("weight-fold", ""),
        ]);
        run_pipeline(&mut program, &passes).map_err(|error| format!("{mode}: {error}"))?;
        counts.shifts += convolutions_with_shifts(&program);
        let floats = if mode == "INT8" {
            float_operations(&program)
        } else {
            Vec::new()
        };
        let bytes_outside = mode == "INT8" && random.chance(50);
        let groups = groups_made(&program, "row_slices=2", "hsecs")?;
        counts.grouped += usize::from(groups > 0);
        counts.bands += groups_made(&program, "prefer=bands", "bands")?;
        let problems = compare_with(
            program,
            &inputs,
            bytes_outside,
            &format!("{name}_{}", mode.to_lowercase()),
            &ways(network.random.0),
        )
        .map_err(|error| format!("{mode}: {error}"))?;
        if mode == "F32" {
            counts.float += 1;
        } else if !floats.is_empty() {
            counts.mixed += 1;
            for name in floats {
                *counts.floats.entry(name).or_default() += 1;
            }
            continue;
        } else {
            counts.integer += 1;
            counts.bytes_outside += usize::from(bytes_outside);
        }
        if !problems.is_empty() {
            return Err(format!("{mode}: {}", problems.join("\n  ")).into());
        }
    }
    Ok(())
}

fn check_seeds(seeds: Range<u64>, operations: usize, most_work: usize, input: Option<&[usize]>) -> Counts {
    let mut failed = Vec::new();
    let mut counts = Counts::default();
    for seed in seeds {
        let mut network = Network::new(seed, input, most_work);
        network.grow(operations);
        if let Err(error) = check(
            &network,
            &format!("random{seed}"),
            "asymmetric=false",
            &mut counts,
        ) {
            failed.push(format!("seed {seed}: {error}\n{}", network.body));
        }
    }
    println!("random networks: {counts:?}");
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(
        counts.integer + counts.mixed > 0 && counts.float > 0 && counts.grouped > 0,
        "{counts:?}"
    );
    counts
}

fn seeds_or(default: Range<u64>) -> Range<u64> {
    let text = std::env::var("TPUC_SEEDS").unwrap_or_default();
    let bounds = text
        .split_once("..")
        .and_then(|(first, end)| Some(first.parse().ok()?..end.parse().ok()?));
    bounds.unwrap_or(default)
}

#[test]
fn random_networks_run_as_the_reference_says() {
    check_seeds(seeds_or(0..40), 5, 2_000_000, None);
}

/// Few channels and rows that can be divided, so that there are bands.
#[test]
fn random_networks_run_in_bands() {
    let mut bands = 0;
    for (seed, input) in [
        [1, 3, 32, 20],
        [4, 8, 16, 9],
        [2, 16, 24, 31],
        [5, 4, 32, 6],
        [1, 32, 8, 40],
        [3, 12, 48, 5],
    ]
    .iter()
    .enumerate()
    {
        let first = 5000 + 5 * seed as u64;
        bands += check_seeds(first..first + 5, 5, 2_000_000, Some(input)).bands;
    }
    assert!(bands > 30, "{bands} groups in bands");
}

/// Convolutions with a right shift for each channel, dense, grouped and depthwise.
fn check_channel_shifts(seeds: Range<u64>, most_work: usize, input: Option<&[usize]>) {
    let mut failed = Vec::new();
    let mut counts = Counts::default();
    for seed in seeds {
        let mut network = Network::new(seed, input, most_work);
        network.uneven = true;
        for _ in 0..3 {
            network.convolution(network.values.len() - 1, None, false);
        }
        let convert = [
            "per_channel=true",
            "conv_group=2",
            "per_channel=true",
            "conv_group=4",
        ];
        let convert = convert[(seed % 4) as usize];
        if let Err(error) = check(&network, &format!("shifts{seed}"), convert, &mut counts) {
            failed.push(format!("seed {seed}: {error}\n{}", network.body));
        }
    }
    println!("networks with channel shifts: {counts:?}");
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(counts.shifts > counts.integer && counts.mixed == 0, "{counts:?}");
}

#[test]
fn channels_with_shifts_of_their_own_run_as_the_reference_says() {
    check_channel_shifts(seeds_or(7000..7024), 1_000_000, None);
}

#[test]
#[ignore = "half a minute: tensors larger than local memory"]
fn channel_shifts_on_large_tensors_run_as_the_reference_says() {
    for (seed, input) in [
        (7100, [1, 64, 300, 310]),
        (7110, [5, 3, 400, 500]),
        (7120, [6, 700, 40, 50]),
    ] {
        check_channel_shifts(seed..seed + 4, 200_000_000, Some(&input));
    }
}

#[test]
#[ignore = "a minute: 500 random networks"]
fn five_hundred_random_networks_run_as_the_reference_says() {
    check_seeds(0..500, 5, 2_000_000, None);
}

#[test]
#[ignore = "a minute: many random networks"]
fn many_random_networks_run_as_the_reference_says() {
    check_seeds(1000..1400, 8, 10_000_000, None);
}

/// Tensors that do not fit local memory at once, so that they are cut into tiles.
#[test]
#[ignore = "a minute: tensors larger than local memory"]
fn random_networks_on_large_tensors_run_as_the_reference_says() {
    for (seed, input) in [
        (5000, [1, 64, 300, 310]),
        (5010, [5, 3, 500, 700]),
        (5020, [2, 700, 40, 50]),
        (5030, [1, 3, 1200, 1100]),
    ] {
        check_seeds(seed..seed + 4, 4, 400_000_000, Some(&input));
    }
}

#[test]
fn windows_over_three_dimensions_run_as_the_reference_says() {
    let volume = |kernel, strides, dilations, pads, group| Volume {
        kernel,
        strides,
        dilations,
        pads,
        group,
    };
    let one = [1; 3];
    let cases: [(&str, [usize; 5], Volume, [usize; 5]); 8] = [
        (
            "Conv",
            [2, 5, 6, 7, 8],
            volume([3; 3], [2, 1, 2], one, [1, 1, 0, 0, 2, 1], 1),
            [2, 9, 3, 8, 4],
        ),
        (
            "Conv",
            [1, 6, 5, 9, 11],
            volume([2, 3, 2], one, [2, 1, 3], [0; 6], 3),
            [1, 6, 3, 7, 8],
        ),
        (
            "Conv",
            [3, 66, 3, 5, 6],
            volume([2, 3, 3], one, one, [1, 1, 1, 0, 1, 1], 66),
            [3, 66, 3, 5, 6],
        ),
        (
            "Conv",
            [1, 3, 6, 12, 9],
            volume([5, 4, 3], [1, 2, 3], one, [2, 0, 0, 2, 0, 0], 1),
            [1, 70, 6, 5, 3],
        ),
        (
            "Deconv",
            [2, 4, 3, 4, 5],
            volume([3, 2, 4], [2, 3, 1], one, [1, 0, 2, 1, 0, 1], 2),
            [2, 6, 5, 11, 5],
        ),
        (
            "Deconv",
            [1, 3, 2, 3, 3],
            volume([2, 3, 2], [1, 2, 5], [1, 2, 1], [0; 6], 1),
            [1, 65, 3, 9, 12],
        ),
        (
            "MaxPool",
            [5, 7, 6, 9, 10],
            volume([2, 3, 3], [2, 2, 1], one, [0, 1, 1, 0, 1, 1], 1),
            [5, 7, 3, 5, 10],
        ),
        (
            "AvgPool",
            [5, 70, 6, 9, 10],
            volume([2, 3, 2], [1, 2, 2], one, [1, 1, 0, 0, 1, 0], 1),
            [5, 70, 6, 5, 5],
        ),
    ];
    let mut counts = Counts::default();
    for (index, (name, input, window, out)) in cases.iter().enumerate() {
        let mut network = Network::new(index as u64, Some(input), 1);
        network.volume(name, window, out);
        let kept = format!("volume{index}_{name}");
        if let Err(error) = check(&network, &kept, "asymmetric=false", &mut counts) {
            panic!("{kept}: {error}\n{}", network.body);
        }
    }
    println!("windows over three dimensions: {counts:?}");
}

fn check_recurrent(cases: &[([usize; 3], usize, usize, usize, bool, &str)]) {
    let mut counts = Counts::default();
    for (index, (input, gates, hidden, directions, whole, more)) in cases.iter().enumerate() {
        let mut network = Network::new(index as u64, Some(input), 1);
        network.recurrent(*gates, *hidden, *directions, *whole, more);
        let kept = format!("recurrent{gates}_{hidden}_{index}");
        if let Err(error) = check(&network, &kept, "asymmetric=false", &mut counts) {
            panic!("{kept}: {error}\n{}", network.body);
        }
    }
    println!("recurrent layers: {counts:?}");
}

const RESET_AFTER: &str = ", linear_before_reset = true";
const RESET_BEFORE: &str = ", linear_before_reset = false";

#[test]
fn recurrent_layers_run_as_the_reference_says() {
    check_recurrent(&[
        ([5, 3, 7], 4, 5, 2, true, ""),
        ([4, 1, 70], 4, 65, 1, false, ""),
        ([5, 3, 7], 3, 5, 2, true, RESET_AFTER),
        ([3, 2, 66], 3, 67, 2, true, RESET_BEFORE),
        ([4, 5, 9], 3, 64, 1, false, RESET_AFTER),
    ]);
}

/// Matrices that do not fit local memory, and more batches than fit it.
#[test]
#[ignore = "half a minute: large recurrent layers"]
fn large_recurrent_layers_run_as_the_reference_says() {
    check_recurrent(&[
        ([3, 2, 64], 4, 1500, 1, true, ""),
        ([2, 3, 1100], 3, 1700, 1, true, RESET_BEFORE),
        ([3, 5000, 40], 4, 130, 1, false, ""),
    ]);
}
