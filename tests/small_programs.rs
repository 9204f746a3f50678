//! Small programs of the `tpu` dialect, compiled and run on the emulator, against the reference inference: all modes of
//! operations of which the operator suite has a few.

use crate::codegen::{compare_with, differences};
use std::fmt::Write;
use std::path::Path;
use tpuc_compiler::codegen::bm1684::group::pass::Settings;
use tpuc_compiler::codegen::bm1684::group::search::Effort;
use tpuc_compiler::data::npz::{self, Compression};
use tpuc_compiler::data::{Tensor, TensorMap};

/// A program as text, with its inputs.
#[derive(Default)]
struct Program {
    arguments: Vec<String>,
    body: String,
    returned: Vec<(String, String)>,
    inputs: TensorMap,
    weights: TensorMap,
}

fn f32_type(shape: &[usize]) -> String {
    typed(shape, "f32")
}

fn typed(shape: &[usize], element: &str) -> String {
    let dims: String = shape.iter().map(|size| format!("{size}x")).collect();
    format!("tensor<{dims}{element}>")
}

impl Program {
    fn line(&mut self, line: &str) {
        writeln!(self.body, "    {line}").expect("a string");
    }

    /// An input of whole numbers from `low` to `high`, the same in every run; both zeros occur.
    fn input(&mut self, name: &str, shape: &[usize], element: &str, (low, high): (i32, i32)) {
        let ty = typed(shape, element);
        let argument = format!("%arg{}", self.arguments.len());
        self.line(&format!(
            "%{name} = \"top.Input\"({argument}) {{do_preprocess = false}} : ({ty}) -> {ty} loc(\"{name}\")"
        ));
        self.arguments.push(format!("{argument}: {ty}"));
        let mut state = name
            .bytes()
            .fold(1684_u32, |sum, byte| sum * 31 + u32::from(byte));
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            low + ((state >> 16) % (high - low + 1) as u32) as i32
        };
        let values: Vec<i32> = (0..shape.iter().product()).map(|_| next()).collect();
        let tensor = if element == "f32" {
            let signed_zero = |(index, value): (usize, i32)| {
                let value = value as f32;
                if value == 0.0 && index % 2 == 0 {
                    -value
                } else {
                    value
                }
            };
            Tensor::from_vec(
                shape,
                values
                    .into_iter()
                    .enumerate()
                    .map(signed_zero)
                    .collect::<Vec<f32>>(),
            )
        } else {
            Tensor::from_vec(shape, values)
        };
        self.inputs.insert(name.to_owned(), tensor.expect("a tensor"));
    }

    /// A weight of whole numbers, each another one than its neighbours.
    fn weight(&mut self, name: &str, shape: &[usize]) {
        let ty = f32_type(shape);
        self.line(&format!(
            "%{name} = \"top.Weight\"() : () -> {ty} loc(\"{name}\")"
        ));
        let count = shape.iter().product::<usize>();
        let values = (0..count)
            .map(|index| (index * 7 % 31) as f32)
            .collect::<Vec<f32>>();
        let tensor = Tensor::from_vec(shape, values).expect("a tensor");
        self.weights.insert(name.to_owned(), tensor);
    }

    /// `%name = "op"(%operands) {attrs} : (types) -> type loc("name")`, returned.
    fn op(&mut self, name: &str, op: &str, operands: &[(&str, &str)], attrs: &str, result: &str) {
        let names: Vec<String> = operands.iter().map(|(name, _)| format!("%{name}")).collect();
        let types: Vec<&str> = operands.iter().map(|(_, ty)| *ty).collect();
        let (names, types) = (names.join(", "), types.join(", "));
        self.line(&format!(
            "%{name} = \"{op}\"({names}) {{{attrs}}} : ({types}) -> {result} loc(\"{name}\")"
        ));
    }

    fn returns(&mut self, name: &str, ty: &str) {
        self.returned.push((format!("%{name}"), ty.to_owned()));
    }

    /// Compiles and runs; panics with what differs.
    fn check(&self) {
        self.written(differences);
    }

    /// The same without groups, with groups, and with groups whatever these cost: all must give the same bits.
    fn check_grouped(&self) {
        let forced = Settings {
            row_slices: 2,
            ..Settings::of(Effort::Normal)
        };
        let ways = [Settings::of(Effort::None), Settings::of(Effort::Normal), forced];
        self.written(|mlir, input| {
            let program = tpuc_compiler::program::Program::read(mlir).map_err(|error| error.to_string())?;
            let inputs = npz::read(input).map_err(|error| error.to_string())?;
            compare_with(program, &inputs, false, "grouped", &ways)
        });
    }

    /// Writes the files, and panics with the problems that `differences` finds.
    fn written(&self, differences: impl Fn(&Path, &Path) -> Result<Vec<String>, String>) {
        let (values, types): (Vec<&str>, Vec<&str>) = self
            .returned
            .iter()
            .map(|(value, ty)| (value.as_str(), ty.as_str()))
            .unzip();
        let text = format!(
            "module @net attributes {{module.chip = \"bm1684\", module.mode = \"F32\", module.platform = \"ONNX\", \
             module.state = \"TPU_LOWERED\", module.top_run_mode = \"STATIC\", module.weight_file = \"weights.npz\"}} {{\n  func.func @main({}) -> ({}) {{\n{}    \
             return {} : {}\n  }}\n}}\n",
            self.arguments.join(", "),
            types.join(", "),
            self.body,
            values.join(", "),
            types.join(", ")
        );
        let folder = tempfile::tempdir().expect("a folder");
        let (mlir, input) = (folder.path().join("net.mlir"), folder.path().join("input.npz"));
        std::fs::write(&mlir, &text).expect("written");
        npz::write_map(&input, &self.inputs, Compression::Stored).expect("written");
        let weights = folder.path().join("weights.npz");
        npz::write_map(&weights, &self.weights, Compression::Stored).expect("written");
        match differences(&mlir, &input) {
            Ok(problems) => assert!(problems.is_empty(), "{}\n{text}", problems.join("\n")),
            Err(error) => panic!("{error}\n{text}"),
        }
    }
}

const COMPARISONS: [&str; 8] = [
    "Equal",
    "NotEqual",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "And",
    "Xor",
];

#[test]
fn comparisons_of_floats() {
    for (left, right, wide) in [
        (vec![2, 3, 4, 5], vec![2, 3, 4, 5], vec![2, 3, 4, 5]),
        (vec![1, 3, 1, 5], vec![2, 1, 4, 1], vec![2, 3, 4, 5]),
        (vec![70, 9], vec![9], vec![70, 9]),
    ] {
        let (a, b, out) = (f32_type(&left), f32_type(&right), f32_type(&wide));
        let mut program = Program::default();
        program.input("a", &left, "f32", (-2, 2));
        program.input("b", &right, "f32", (-2, 2));
        for mode in COMPARISONS {
            program.op(
                mode,
                "tpu.Compare",
                &[("a", &a), ("b", &b)],
                &format!("mode = \"{mode}\""),
                &out,
            );
            program.returns(mode, &out);
        }
        program.check();
    }
}

/// As many columns as channels: a constant must not be taken for one of the other.
#[test]
fn constants_are_repeated_along_the_right_dimension() {
    let shape = [1, 8, 6, 8];
    let ty = f32_type(&shape);
    for own in [
        vec![1, 1, 1, 8],
        vec![1, 8, 1, 1],
        vec![1, 8, 6, 8],
        vec![8],
        vec![1, 1, 6, 1],
    ] {
        let mut program = Program::default();
        program.input("a", &shape, "f32", (-9, 9));
        program.weight("w", &own);
        let attrs = "do_relu = false, is_scalar = false";
        program.op(
            "sum",
            "tpu.Add",
            &[("a", &ty), ("w", &f32_type(&own))],
            attrs,
            &ty,
        );
        program.op(
            "product",
            "tpu.Mul",
            &[("sum", &ty), ("w", &f32_type(&own))],
            "do_relu = false",
            &ty,
        );
        program.returns("product", &ty);
        program.check();
    }
}

/// Softmaxes whose axis lies in rows, with casts and products around them, in one group. The last shapes do not go into the lanes.
#[test]
fn softmaxes_between_casts() {
    let cast = "round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true";
    let (wide, narrow) = (
        "!quant.uniform<i8:f32, 2.500000e-01>",
        "!quant.uniform<u8:f32, 3.125000e-02>",
    );
    for (shape, axis) in [
        (vec![1, 16, 4, 96], 1),
        (vec![4, 16, 4, 80], 1),
        (vec![3, 5, 1, 640], -3),
        (vec![2, 4, 128], 1),
        (vec![1, 2, 6, 320], 2),
        (vec![7, 64], 0),
        (vec![1, 3, 4, 67], 1),
        (vec![1, 100, 6], 2),
    ] {
        let (f32, i8, u8) = (f32_type(&shape), typed(&shape, wide), typed(&shape, narrow));
        let mut program = Program::default();
        program.input("a", &shape, "f32", (-20, 20));
        program.op("bytes", "tpu.Cast", &[("a", &f32)], cast, &i8);
        program.op("floats", "tpu.Cast", &[("bytes", &i8)], cast, &f32);
        let product = |factor: &str| format!("const_val = {factor} : f64, do_relu = false");
        program.op(
            "scaled",
            "tpu.MulConst",
            &[("floats", &f32)],
            &product("1.500000e+00"),
            &f32,
        );
        let attrs = format!("axis = {axis} : si32, beta = 1.0 : f64, log = false");
        program.op("softmax", "tpu.Softmax", &[("scaled", &f32)], &attrs, &f32);
        program.op(
            "larger",
            "tpu.MulConst",
            &[("softmax", &f32)],
            &product("7.000000e+00"),
            &f32,
        );
        program.op("result", "tpu.Cast", &[("larger", &f32)], cast, &u8);
        program.op("result_f32", "tpu.Cast", &[("result", &u8)], cast, &f32);
        program.returns("result_f32", &f32);
        program.returns("larger", &f32);
        program.check_grouped();
    }
}

/// Inputs that are loaded into the place of their concatenation, in one slice and in several, of f32 and of bytes; one of them has
/// another reader in half of the programs.
#[test]
fn what_is_loaded_is_joined_in_its_place() {
    let cast = "round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true";
    let bytes = "!quant.uniform<i8:f32, 2.500000e-01>";
    for batches in [1, 3, 4, 6] {
        for other_reader in [false, true] {
            let (left, right) = ([batches, 40, 12, 9], [batches, 70, 12, 9]);
            let all = [batches, 110, 12, 9];
            for element in ["f32", bytes] {
                let mut program = Program::default();
                program.input("a", &left, "f32", (-20, 20));
                program.input("b", &right, "f32", (-20, 20));
                let (a, b, both) = (
                    typed(&left, element),
                    typed(&right, element),
                    typed(&all, element),
                );
                let names = if element == "f32" {
                    ["a", "b"]
                } else {
                    program.op("qa", "tpu.Cast", &[("a", &f32_type(&left))], cast, &a);
                    program.op("qb", "tpu.Cast", &[("b", &f32_type(&right))], cast, &b);
                    ["qa", "qb"]
                };
                let attrs =
                    "axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64";
                program.op(
                    "joined",
                    "tpu.Concat",
                    &[(names[0], &a), (names[1], &b)],
                    attrs,
                    &both,
                );
                let relu = "relu_limit = -1.000000e+00 : f64";
                program.op("positive", "tpu.Relu", &[("joined", &both)], relu, &both);
                program.returns("positive", &both);
                if other_reader {
                    program.op("other", "tpu.Relu", &[(names[0], &a)], relu, &a);
                    program.returns("other", &a);
                }
                program.check_grouped();
            }
        }
    }
}

#[test]
fn comparisons_of_bytes() {
    let bits = "!quant.uniform<u8<0:1>:f32, 1.000000e+00>";
    let (signed, unsigned) = (
        "!quant.uniform<i8:f32, 1.000000e+00>",
        "!quant.uniform<u8:f32, 1.000000e+00>",
    );
    let cast = "round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true";
    let (left, right, wide) = ([5, 3, 1, 7], [1, 3, 4, 1], [5, 3, 4, 7]);
    for second in [signed, unsigned] {
        let mut program = Program::default();
        program.input("a", &left, "f32", (-3, 3));
        program.input("b", &right, "f32", (if second == signed { -3 } else { 0 }, 3));
        let (a, b, out) = (typed(&left, signed), typed(&right, second), typed(&wide, bits));
        program.op("qa", "tpu.Cast", &[("a", &f32_type(&left))], cast, &a);
        program.op("qb", "tpu.Cast", &[("b", &f32_type(&right))], cast, &b);
        for mode in COMPARISONS {
            program.op(
                mode,
                "tpu.Compare",
                &[("qa", &a), ("qb", &b)],
                &format!("mode = \"{mode}\""),
                &out,
            );
            let (result, name) = (f32_type(&wide), format!("{mode}_f32"));
            program.op(&name, "tpu.Cast", &[(mode, &out)], cast, &result);
            program.returns(&name, &result);
        }
        program.check();
    }
}

#[test]
fn comparisons_with_constants() {
    let bits = "!quant.uniform<u8<0:1>:f32, 1.000000e+00>";
    let signed = "!quant.uniform<i8:f32, 1.000000e+00>";
    let cast = "round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true";
    let shape = [3, 40];
    let (real, bytes, truth) = (f32_type(&shape), typed(&shape, signed), typed(&shape, bits));
    let mut program = Program::default();
    program.input("a", &shape, "f32", (-3, 3));
    program.op("qa", "tpu.Cast", &[("a", &real)], cast, &bytes);
    for mode in COMPARISONS.into_iter().chain(["Not"]) {
        for (index, constant) in ["0.000000e+00", "1.000000e+00", "-5.000000e-01"]
            .into_iter()
            .enumerate()
        {
            for inversed in [false, true] {
                let attrs = format!(
                    "const_val = {constant} : f64, inversed = {inversed}, is_scalar = false, mode = \"{mode}\""
                );
                let name = format!("{mode}_{index}_{inversed}");
                program.op(&name, "tpu.CompareConst", &[("a", &real)], &attrs, &real);
                program.returns(&name, &real);
                let (of_bytes, back) = (format!("{name}_bytes"), format!("{name}_back"));
                program.op(&of_bytes, "tpu.CompareConst", &[("qa", &bytes)], &attrs, &truth);
                program.op(&back, "tpu.Cast", &[(&of_bytes, &truth)], cast, &real);
                program.returns(&back, &real);
            }
        }
    }
    program.check();
}

#[test]
fn positions_of_extremes() {
    let shape = [3, 70, 5];
    let mut program = Program::default();
    program.input("x", &shape, "f32", (-9, 9));
    for axis in 0..3 {
        let mut reduced = shape;
        reduced[axis] = 1;
        let (indices, values) = (typed(&reduced, "i32"), f32_type(&reduced));
        for mode in ["ArgMax", "ArgMin"] {
            for last in [true, false] {
                let name = format!("{mode}_{axis}_{last}");
                program.line(&format!(
                    "%{name}, %{name}_v = \"tpu.Arg\"(%x) {{axis = {axis} : i64, keepdims = true, mode = \"{mode}\", \
                     select_last_index = {last}, use_int_input = false}} : ({}) -> ({indices}, {values}) \
                     loc(fused[\"{name}\", \"{name}_v\"])",
                    f32_type(&shape)
                ));
                program.returns(&name, &indices);
                program.returns(&format!("{name}_v"), &values);
            }
        }
    }
    program.check();
}

#[test]
fn channels_and_blocks_of_pixels() {
    let (deep, wide) = ([2, 18, 4, 5], [2, 3, 8, 15]);
    let last = |[n, c, h, w]: [usize; 4]| [n, h, w, c];
    let mut program = Program::default();
    let layouts = |shape: [usize; 4], first: bool| if first { shape } else { last(shape) };
    for first in [true, false] {
        program.input(&format!("deep_{first}"), &layouts(deep, first), "f32", (-99, 99));
        program.input(&format!("wide_{first}"), &layouts(wide, first), "f32", (-99, 99));
    }
    for case in 0..32 {
        let [crd, inversed, swap, in_first, out_first] = [0, 1, 2, 3, 4].map(|bit| case >> bit & 1 == 1);
        let (from, to) = if inversed { (wide, deep) } else { (deep, wide) };
        let source = format!("{}_{in_first}", if inversed { "wide" } else { "deep" });
        let (input, output) = (
            f32_type(&layouts(from, in_first)),
            f32_type(&layouts(to, out_first)),
        );
        let attrs = format!(
            "block_h = 2 : i64, block_w = 3 : i64, in_is_NCHW = {in_first}, is_CRD = {crd}, is_inversed = {inversed}, \
             out_is_NCHW = {out_first}, swap_cr = {swap}"
        );
        let name = format!("case_{case}");
        program.op(&name, "tpu.Depth2Space", &[(&source, &input)], &attrs, &output);
        program.returns(&name, &output);
    }
    program.check();
}

/// Commands, the host, commands, twice the host, and nothing after it.
#[test]
fn gathers_at_computed_indices_go_through_the_host() {
    let mut program = Program::default();
    program.input("x", &[2, 4, 5, 3], "f32", (-99, 99));
    program.input("i", &[3], "si32", (0, 4));
    program.input("t", &[6, 2], "si32", (0, 1));
    program.line("%none = \"top.None\"() : () -> none loc(unknown)");
    let (turned, rows) = (f32_type(&[2, 5, 4, 3]), f32_type(&[2, 3, 4, 3]));
    let x = f32_type(&[2, 4, 5, 3]);
    program.op(
        "turned",
        "tpu.Permute",
        &[("x", &x), ("none", "none")],
        "order = [0, 2, 1, 3]",
        &turned,
    );
    let indices = typed(&[3], "si32");
    let attrs = "axis = 1 : si32, if_neg_index = true, is_lora = false";
    program.op(
        "rows",
        "tpu.Gather",
        &[("turned", &turned), ("i", &indices), ("none", "none")],
        attrs,
        &rows,
    );
    let relu = "relu_limit = -1.000000e+00 : f64";
    program.op("clamped", "tpu.Relu", &[("rows", &rows)], relu, &rows);
    let (tuples, slices) = (typed(&[6, 2], "si32"), f32_type(&[6, 4, 3]));
    program.op(
        "slices",
        "tpu.GenericCpu",
        &[("clamped", &rows), ("t", &tuples)],
        "cpu_op_name = \"gathernd_tf\", param = {batch_dims = 0 : i64}",
        &slices,
    );
    let picked = f32_type(&[6, 3, 3]);
    let attrs = "axis = 1 : si32, if_neg_index = true, is_lora = false";
    program.op(
        "inner",
        "tpu.Permute",
        &[("slices", &slices), ("none", "none")],
        "order = [0, 1, 2]",
        &slices,
    );
    program.input("j", &[3], "si32", (0, 3));
    program.op(
        "picked",
        "tpu.Gather",
        &[("inner", &slices), ("j", &indices), ("none", "none")],
        attrs,
        &picked,
    );
    program.returns("clamped", &rows);
    program.returns("picked", &picked);
    program.returns("slices", &slices);
    program.check();
}
