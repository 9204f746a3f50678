//! Errors of the functions of one number as the chip computes them in f32, against double precision. `docs/functions.md`
//! has the table that `TPUC_PRINT_ERRORS=1` prints.

use std::fmt::Write as _;
use tpuc_compiler::codegen::bm1684::passes::compile;
use tpuc_compiler::program::Program;
use tpuc_runtime::emulator::Emulator;
use tpuc_runtime::session::{HostTensor, Session};

/// Mode, further attributes, range of the argument, function, largest relative error in units of 2^-24, and the absolute
/// error that is allowed where the result is close to 0.
struct Row {
    mode: &'static str,
    attrs: &'static str,
    range: [f64; 2],
    function: fn(f64) -> f64,
    relative: f64,
    absolute: f64,
}

const fn row(
    mode: &'static str,
    range: [f64; 2],
    function: fn(f64) -> f64,
    relative: f64,
    absolute: f64,
) -> Row {
    Row {
        mode,
        attrs: "",
        range,
        function,
        relative,
        absolute,
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The complement of the error function: a series near 0, a continued fraction in the tail.
fn erfc(x: f64) -> f64 {
    let z = x.abs();
    let positive = if z < 2.0 {
        let (mut term, mut sum) = (z, z);
        for n in 1..80 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        1.0 - sum * std::f64::consts::FRAC_2_SQRT_PI
    } else {
        let fraction = (1..=120)
            .rev()
            .fold(z, |fraction, n| z + f64::from(n) / 2.0 / fraction);
        (-z * z).exp() / (fraction * std::f64::consts::PI.sqrt())
    };
    if x < 0.0 { 2.0 - positive } else { positive }
}

const ROWS: &[Row] = &[
    row("ABSVAL", [-50.0, 50.0], f64::abs, 0.0, 0.0),
    row("ARCCOS", [-1.0, 1.0], f64::acos, 8.0, 0.0),
    row("ARCCOSH", [1.0, 1e6], f64::acosh, 8.0, 0.0),
    row("ARCSIN", [-1.0, 1.0], f64::asin, 10.0, 0.0),
    row("ARCSINH", [-1e6, 1e6], f64::asinh, 6.0, 0.0),
    row("ARCTANH", [-0.9999, 0.9999], f64::atanh, 12.0, 0.0),
    row("CEIL", [-3e9, 3e9], f64::ceil, 0.0, 0.0),
    row("COS", [-1000.0, 1000.0], f64::cos, 8.0, 3e-7),
    row("COSH", [-85.0, 85.0], f64::cosh, 6.0, 0.0),
    row("ERF", [-10.0, 10.0], |x| 1.0 - erfc(x), 12.0, 0.0),
    row("EXP", [-80.0, 85.0], f64::exp, 8.0, 0.0),
    row("FLOOR", [-3e9, 3e9], f64::floor, 0.0, 0.0),
    row(
        "GELU",
        [-10.0, 50.0],
        |x| x * 0.5 * erfc(-x / std::f64::consts::SQRT_2),
        250.0,
        0.0,
    ),
    row(
        "HSIGMOID",
        [-6.0, 6.0],
        |x| (x / 6.0 + 0.5).clamp(0.0, 1.0),
        4.0,
        1e-7,
    ),
    row(
        "HSWISH",
        [-6.0, 6.0],
        |x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        4.0,
        4e-7,
    ),
    row("LN", [1e-30, 1e30], f64::ln, 4.0, 0.0),
    row("LOG2", [1e-30, 1e30], f64::log2, 4.0, 0.0),
    row("LOG_SIGMOID", [-80.0, 80.0], |x| -softplus(-x), 12.0, 0.0),
    row("MISH", [-80.0, 80.0], |x| x * softplus(x).tanh(), 14.0, 0.0),
    row("QGELU", [-40.0, 40.0], |x| x * sigmoid(1.702 * x), 100.0, 0.0),
    row("RELU", [-5.0, 5.0], |x| x.max(0.0), 0.0, 0.0),
    row("ROUND", [-3e9, 3e9], f64::round_ties_even, 0.0, 0.0),
    row("RSQRT", [1e-30, 1e30], |x| 1.0 / x.sqrt(), 5.0, 0.0),
    row("SIGMOID", [-80.0, 80.0], sigmoid, 12.0, 0.0),
    row(
        "SIGN",
        [-5.0, 5.0],
        |x| if x == 0.0 { 0.0 } else { x.signum() },
        0.0,
        0.0,
    ),
    row("SILU", [-80.0, 80.0], |x| x * sigmoid(x), 12.0, 0.0),
    row("SIN", [-1000.0, 1000.0], f64::sin, 8.0, 3e-7),
    row("SINH", [-85.0, 85.0], f64::sinh, 10.0, 0.0),
    row("SOFT_PLUS", [-80.0, 80.0], softplus, 12.0, 0.0),
    row("SOFT_SIGN", [-1e6, 1e6], |x| x / (1.0 + x.abs()), 10.0, 0.0),
    row("SQRT", [1e-30, 1e30], f64::sqrt, 5.0, 0.0),
    row("SQUARE", [-1e3, 1e3], |x| x * x, 1.0, 0.0),
    row("TAN", [-100.0, 100.0], f64::tan, 12.0, 1e-6),
    row("TANH", [-50.0, 50.0], f64::tanh, 12.0, 0.0),
    row(
        "TGELU",
        [-6.0, 50.0],
        |x| x * sigmoid(2.0 * std::f64::consts::FRAC_2_PI.sqrt() * (x + 0.044_715 * x * x * x)),
        80.0,
        0.0,
    ),
    Row {
        attrs: "coeffs = [5.000000e-01], ",
        ..row(
            "ELU",
            [-50.0, 50.0],
            |x| if x > 0.0 { x } else { 0.5 * x.exp_m1() },
            4.0,
            0.0,
        )
    },
    Row {
        attrs: "coeffs = [1.500000e+00], ",
        ..row("SWISH", [-50.0, 50.0], |x| x * sigmoid(1.5 * x), 80.0, 0.0)
    },
];

/// Arguments over a range: even steps, and steps that double towards 0 on both sides.
fn arguments([low, high]: [f64; 2]) -> Vec<f32> {
    let even = (0..2048).map(|index| low + (high - low) * f64::from(index) / 2047.0);
    let near = (0..1024).flat_map(|index| {
        let part = (-f64::from(index) / 40.0).exp2();
        [high * part, low * part]
    });
    let kept = even.chain(near).map(|x| x as f32);
    // Results of denormal numbers are 0 on the chip.
    kept.filter(|x| (low..=high).contains(&f64::from(*x)) && (*x == 0.0 || x.abs() > 1e-7))
        .collect()
}

fn run(row: &Row, arguments: &[f32]) -> Vec<f32> {
    let ty = format!("tensor<{}xf32>", arguments.len());
    let text = format!(
        "module @function attributes {{module.FLOPs = 0 : i64, module.chip = \"bm1684\", module.mode = \"F32\", \
         module.platform = \"ONNX\", module.state = \"TPU_LOWERED\", module.top_run_mode = \"STATIC\", module.weight_file = \
         \"none.npz\"}} {{\n  func.func @main(%arg0: {ty}) -> {ty} {{\n    %0 = \"top.Input\"(%arg0) {{do_preprocess = false}} : \
         ({ty}) -> {ty} loc(\"input\")\n    %1 = \"tpu.Active\"(%0) {{{}mode = #tpu<active_mode {}>}} : ({ty}) -> {ty} \
         loc(\"out\")\n    return %1 : {ty}\n  }}\n}}\n",
        row.attrs, row.mode
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("program.mlir");
    std::fs::write(&path, text).expect("written");
    let mut program = Program::read(&path).expect("a program");
    let bmodel = compile(&mut program, false).unwrap_or_else(|errors| panic!("{}: {errors:?}", row.mode));
    let mut session = Session::new(bmodel, Emulator::new().expect("memory")).expect("a session");
    let input = HostTensor::from_f32("input", &[arguments.len()], arguments);
    let outputs = session.run(&[input]).expect("a run");
    outputs[0].as_f32().expect("f32")
}

#[test]
fn functions_are_exact_to_the_stated_bounds() {
    let (mut table, mut failed) = (String::new(), String::new());
    for row in ROWS {
        let arguments = arguments(row.range);
        let found = run(row, &arguments);
        let (mut worst, mut at) = (0.0_f64, 0.0);
        for (&x, &found) in arguments.iter().zip(&found) {
            let exact = (row.function)(f64::from(x));
            let error = (f64::from(found) - exact).abs();
            let units = if error <= row.absolute || error < 1e-37 {
                0.0
            } else {
                error / exact.abs() * 16_777_216.0
            };
            if units.is_nan() || units > worst {
                (worst, at) = (units, x);
            }
        }
        let [low, high] = row.range;
        let _ = writeln!(
            table,
            "| {} | {low:e} .. {high:e} | {worst:.1} | {at:e} |",
            row.mode
        );
        if worst.is_nan() || worst > row.relative {
            let _ = writeln!(
                failed,
                "{}: {worst} units of 2^-24 at {at:e}, {} allowed",
                row.mode, row.relative
            );
        }
    }
    if std::env::var_os("TPUC_PRINT_ERRORS").is_some() {
        println!("{table}");
    }
    assert!(failed.is_empty(), "{failed}");
}
