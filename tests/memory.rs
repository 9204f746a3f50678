//! Global memory: which tensors are the same, how much they take, and how the time to find that out grows.

use crate::codegen::differences_with;
use std::time::{Duration, Instant};
use tpuc_compiler::codegen::bm1684::address::{AddressMode, AssignOptions, assign};
use tpuc_compiler::codegen::bm1684::group::pass::Settings;
use tpuc_compiler::codegen::bm1684::group::search::Effort;
use tpuc_compiler::codegen::bm1684::passes::compile_with;
use tpuc_compiler::data::npz::{self, Compression};
use tpuc_compiler::data::{Tensor, TensorMap};
use tpuc_compiler::program::Program;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Op, OpView, Value};
use tpuc_runtime::bmodel::Bmodel;
use tpuc_tests::long_network::{Kind, long_network};
use tpuc_tests::{golden_files, golden_program, shared};

const OPTIONS: AssignOptions = AssignOptions {
    reuse: true,
    mode: AddressMode::Basic,
};

fn values(program: &Program) -> Vec<Value> {
    let ctx = &program.ctx;
    let ops = ctx.walk(program.module.op());
    let mut found: Vec<Value> = ops.iter().flat_map(|op| ctx.results(*op).to_vec()).collect();
    let functions = ops.iter().filter_map(|op| Func::cast(ctx, *op));
    for function in functions {
        found.extend(function.arguments(ctx));
    }
    found
}

fn address(program: &Program, value: Value) -> Option<i64> {
    program.ctx.type_address(program.ctx.value_type(value))
}

/// The vendor's final texts without their addresses, assigned anew: no network takes more than theirs, groups give their
/// address to what stores their results, and everything that had an address has one. Programs of one operator are not held
/// to the size: there the vendor puts network inputs into the output of a concatenation. `TPUC_FINAL_TEXTS=FOLDER` tries the
/// `*.final.mlir` of a folder too.
#[test]
fn golden_final_texts_take_no_more_memory_than_the_vendors() {
    let Some(shared) = shared("neuron memory of golden programs") else {
        return;
    };
    let (mut compared, mut larger) = (0, 0);
    let mut paths = golden_files(&shared, &["final_f32.mlir", "final_int8.mlir"]);
    let more = std::env::var_os("TPUC_FINAL_TEXTS").map(std::fs::read_dir);
    paths.extend(
        more.into_iter()
            .flatten()
            .flatten()
            .flatten()
            .map(|entry| entry.path()),
    );
    paths.retain(|path| path.to_string_lossy().ends_with(".mlir"));
    for path in paths {
        let Ok(mut program) = golden_program(&path) else {
            continue;
        };
        let name = path.display();
        let ops = program.ctx.walk(program.module.op());
        let ctx = &program.ctx;
        let functions: Vec<Func> = ops.iter().filter_map(|op| Func::cast(ctx, *op)).collect();
        let subs: Vec<Func> = functions
            .into_iter()
            .filter(|function| {
                ctx.get_str(function.op(), "sym_name")
                    .is_some_and(|name| name.starts_with("subfunc"))
            })
            .collect();
        let size = |attr: &str| ops.iter().find_map(|op| ctx.get_i64(*op, attr));
        // Programs in several sub-nets share memory between functions.
        let ([function], Some(vendor_neurons), Some(vendor_weights)) =
            (&subs[..], size("module.neuron_size"), size("module.coeff_size"))
        else {
            continue;
        };
        let had: Vec<Value> = values(&program)
            .into_iter()
            .filter(|value| address(&program, *value).is_some_and(|address| address > 1 << 31))
            .collect();
        for value in &had {
            let bare = program.ctx.value_type(*value);
            let bare = program.ctx.with_encoding(bare, None);
            program.ctx.rewriter().set_type(*value, bare);
        }
        let function = *function;
        // What the chip has no type for, such as tensors of the host, is not about memory.
        let Ok(plan) = assign(&mut program, function, OPTIONS) else {
            continue;
        };
        compared += 1;
        let is_larger = plan.neuron_bytes > vendor_neurons as u64;
        larger += usize::from(is_larger);
        let is_operator = path
            .parent()
            .and_then(|folder| folder.parent())
            .is_some_and(|group| group.ends_with("ops"));
        println!(
            "{name}: {} for {vendor_neurons}, bound {}",
            plan.neuron_bytes, plan.neuron_bound
        );
        assert!(
            (!is_larger || is_operator) && plan.coeff_bytes <= vendor_weights as u64,
            "{name}: {plan:?}, the vendor's {vendor_neurons} and {vendor_weights}"
        );
        assert!(plan.neuron_bound <= plan.neuron_bytes);
        let inside = |value: &Value| {
            let ctx = &program.ctx;
            let mut block = ctx.defining_op(*value);
            while let Some(op) = block {
                if op == function.op() {
                    return true;
                }
                block = ctx.parent_op(op);
            }
            false
        };
        for value in had.iter().filter(|value| inside(value)) {
            assert!(
                address(&program, *value).is_some(),
                "{name}: '{}' has no address any more",
                program.ctx.value_name(*value)
            );
        }
        for group in stores(&program, function) {
            for (result, stored) in group {
                assert_eq!(address(&program, result), address(&program, stored), "{name}");
            }
        }
    }
    println!("{compared} final texts compared, {larger} operators take more");
    assert!(compared > 100, "{compared} compared");
}

/// Results of each group, with what its body yields for them.
fn stores(program: &Program, function: Func) -> Vec<Vec<(Value, Value)>> {
    let ctx = &program.ctx;
    let of_group = |op: Op| {
        let last = ctx.body(op).and_then(|body| ctx.last_op(body))?;
        Some(
            ctx.results(op)
                .iter()
                .copied()
                .zip(ctx.operands(last).to_vec())
                .collect(),
        )
    };
    function
        .ops(ctx)
        .into_iter()
        .filter(|op| ctx.is(*op, "tpu.Group"))
        .filter_map(of_group)
        .collect()
}

/// A tensor type.
fn ty(shape: &[usize]) -> String {
    let dims: String = shape.iter().map(|size| format!("{size}x")).collect();
    format!("tensor<{dims}f32>")
}

/// A program of one input `in` of `shape`, as text.
fn program_text(shape: &[usize], body: &[String], results: &[(&str, &[usize])]) -> String {
    let names: Vec<String> = results.iter().map(|(name, _)| format!("%{name}")).collect();
    let types: Vec<String> = results.iter().map(|(_, shape)| ty(shape)).collect();
    let (input, types) = (ty(shape), types.join(", "));
    format!(
        "module @net attributes {{module.FLOPs = 0 : i64, module.addr_mode = \"basic\", module.asymmetric = false, \
         module.chip = \"bm1684\", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, \
         module.mode = \"F32\", module.platform = \"ONNX\", module.q_group_size = 0 : i64, module.q_symmetric = false, \
         module.state = \"TPU_LOWERED\", module.top_run_mode = \"STATIC\"}} {{\n  func.func @main(%arg0: {input}) -> ({types}) {{\n    \
         %in = \"top.Input\"(%arg0) {{do_preprocess = false}} : ({input}) -> {input} loc(\"in\")\n    {}\n    return {} : {types}\n  }}\n}}\n",
        body.join("\n    "),
        names.join(", ")
    )
}

fn op(name: &str, kind: &str, operands: &[(&str, &[usize])], attrs: &str, shape: &[usize]) -> String {
    let names: Vec<String> = operands.iter().map(|(name, _)| format!("%{name}")).collect();
    let types: Vec<String> = operands.iter().map(|(_, shape)| ty(shape)).collect();
    format!(
        "%{name} = \"tpu.{kind}\"({}) {{{attrs}}} : ({}) -> {} loc(\"{name}\")",
        names.join(", "),
        types.join(", "),
        ty(shape)
    )
}

const RELU: &str = "relu_limit = -1.000000e+00 : f64";
const SCALE: &str = "const_val = -1.500000e+00 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32";
const CONCAT: &str = "axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64";

fn slice(axis: usize, offset: usize, shape: &[usize]) -> String {
    let offsets: Vec<String> = (0..4)
        .map(|dim| if dim == axis { offset } else { 0 }.to_string())
        .collect();
    let ends: Vec<String> = (0..4)
        .map(|dim| {
            if dim == axis {
                offset + shape[dim]
            } else {
                shape[dim]
            }
            .to_string()
        })
        .collect();
    format!(
        "axes = [], ends = [{}], hasparamConvert_axes = [], offset = [{}], steps = [1, 1, 1, 1]",
        ends.join(", "),
        offsets.join(", ")
    )
}

struct Compiled {
    program: Program,
    bmodel: Bmodel,
}

impl Compiled {
    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("net.mlir");
        std::fs::write(&path, text).expect("written");
        let mut program = Program::read(&path).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let bmodel = compile_with(&mut program, true, &Settings::of(Effort::None))
            .unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
        Self { program, bmodel }
    }

    fn address(&self, name: &str) -> i64 {
        let value = values(&self.program)
            .into_iter()
            .find(|value| self.program.ctx.value_name(*value) == name)
            .unwrap_or_else(|| panic!("no tensor '{name}'"));
        address(&self.program, value).expect("an address")
    }

    /// Moves from DDR to DDR.
    fn moves(&self) -> usize {
        let groups = &self.bmodel.nets[0].stages[0].cmd_groups;
        let listed = groups.iter().flat_map(|group| group.dma.chunks_exact(128));
        listed
            .filter(|bytes| {
                let command =
                    tpuc_runtime::isa::DmaCommand::from_bytes((*bytes).try_into().expect("128 bytes"));
                command.direction() == 2
            })
            .count()
    }
}

/// The tensors on the emulator, inner ones too, are those of the reference.
fn check(text: &str, shape: &[usize]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mlir, input) = (folder.path().join("net.mlir"), folder.path().join("input.npz"));
    std::fs::write(&mlir, text).expect("written");
    let numbers = (0..shape.iter().product::<usize>()).map(|at| (at * 37 % 101) as f32 / 10.0 - 5.0);
    let tensor = Tensor::from_vec(shape, numbers.collect()).expect("as many as the shape says");
    npz::write_map(
        &input,
        &TensorMap::from_iter([("in".to_owned(), tensor)]),
        Compression::Stored,
    )
    .expect("written");
    // In groups most of these tensors have no place in DDR: both ways.
    for effort in [Effort::None, Effort::Normal] {
        match differences_with(&mlir, &input, effort) {
            Ok(problems) => assert!(problems.is_empty(), "{}\n{text}", problems.join("\n")),
            Err(error) => panic!("{error}\n{text}"),
        }
    }
}

/// A concatenation whose operands are all in place, one inside another, and slices of them take no move.
#[test]
fn joins_and_slices_in_place_take_no_moves() {
    let small: &[usize] = &[1, 3, 5, 7];
    let (double, triple): (&[usize], &[usize]) = (&[1, 6, 5, 7], &[1, 9, 5, 7]);
    let flat: &[usize] = &[1, 3, 35, 1];
    let body = [
        op("a", "Relu", &[("in", small)], RELU, small),
        op("b", "MulConst", &[("in", small)], SCALE, small),
        op("b2", "Reshape", &[("b", small)], "shape = [1, 3, 35, 1]", flat),
        op("b3", "Reshape", &[("b2", flat)], "shape = [1, 3, 5, 7]", small),
        op("ab", "Concat", &[("a", small), ("b3", small)], CONCAT, double),
        op("c", "Relu", &[("b", small)], RELU, small),
        op("abc", "Concat", &[("ab", double), ("c", small)], CONCAT, triple),
        op("part", "Slice", &[("abc", triple)], &slice(1, 2, double), double),
        op("end", "MulConst", &[("part", double)], SCALE, double),
        // `a` is read again long after it was joined.
        op("late", "MulConst", &[("a", small)], SCALE, small),
        // Reshapes one behind the other stay two where something else reads the first.
        op("flat_end", "MulConst", &[("b2", flat)], SCALE, flat),
    ];
    let outputs = [("end", double), ("late", small), ("flat_end", flat)];
    let text = program_text(small, &body, &outputs);
    let compiled = Compiled::of(&text);
    assert_eq!(compiled.moves(), 0, "{text}");
    let start = compiled.address("abc");
    let channel = 5 * 7 * 4;
    for (name, channels) in [("a", 0), ("ab", 0), ("b", 3), ("b2", 3), ("c", 6), ("part", 2)] {
        assert_eq!(compiled.address(name), start + channels * channel, "{name}");
    }
    check(&text, small);
}

/// What cannot be in place is copied, and the others stay in place.
#[test]
fn what_cannot_be_in_place_is_copied() {
    let small: &[usize] = &[1, 3, 5, 7];
    let (double, many): (&[usize], &[usize]) = (&[1, 6, 5, 7], &[1, 18, 5, 7]);
    let body = [
        op("a", "Relu", &[("in", small)], RELU, small),
        op("out", "MulConst", &[("in", small)], SCALE, small),
        op("other", "Concat", &[("a", small), ("in", small)], CONCAT, double),
        op("piece", "Slice", &[("other", double)], &slice(1, 3, small), small),
        // Twice the same, already joined, an output, an input and a piece of another tensor.
        op("b", "MulConst", &[("a", small)], SCALE, small),
        op(
            "all",
            "Concat",
            &[
                ("b", small),
                ("b", small),
                ("a", small),
                ("out", small),
                ("in", small),
                ("piece", small),
            ],
            CONCAT,
            many,
        ),
        op("end", "Relu", &[("all", many)], RELU, many),
        op("rest", "Relu", &[("other", double)], RELU, double),
    ];
    let text = program_text(small, &body, &[("end", many), ("out", small), ("rest", double)]);
    let compiled = Compiled::of(&text);
    assert_eq!(compiled.address("b"), compiled.address("all"));
    assert_eq!(compiled.address("a"), compiled.address("other"));
    // `in` into `other`; all but the first `b` into `all`.
    assert_eq!(compiled.moves(), 1 + 5, "{text}");
    check(&text, small);
    // With two batches nothing is one run of memory.
    let (two, four): (&[usize], &[usize]) = (&[2, 3, 5, 7], &[2, 6, 5, 7]);
    let body = [
        op("a", "Relu", &[("in", two)], RELU, two),
        op("b", "MulConst", &[("in", two)], SCALE, two),
        op("ab", "Concat", &[("a", two), ("b", two)], CONCAT, four),
        op("part", "Slice", &[("ab", four)], &slice(1, 2, two), two),
        op("end", "Relu", &[("part", two)], RELU, two),
    ];
    let text = program_text(two, &body, &[("end", two)]);
    assert_eq!(Compiled::of(&text).moves(), 3);
    check(&text, two);
}

/// Where keeping a place for what is made later would make memory grow, the earlier operand is copied.
#[test]
fn operands_are_not_in_place_where_memory_would_grow() {
    let (small, large): (&[usize], &[usize]) = (&[1, 1, 32, 32], &[1, 64, 32, 32]);
    let joined: &[usize] = &[1, 65, 32, 32];
    let tiled = op("large", "Tile", &[("in", small)], "tile = [1, 64, 1, 1]", large);
    let body = [
        op("early", "MulConst", &[("in", small)], SCALE, small),
        tiled,
        op("twice", "MulConst", &[("large", large)], SCALE, large),
        op("less", "Slice", &[("twice", large)], &slice(1, 0, small), small),
        op("kept", "MulConst", &[("less", small)], SCALE, small),
        op("again", "Tile", &[("kept", small)], "tile = [1, 64, 1, 1]", large),
        op(
            "all",
            "Concat",
            &[("early", small), ("again", large)],
            CONCAT,
            joined,
        ),
        op("end", "MulConst", &[("all", joined)], SCALE, joined),
    ];
    let text = program_text(small, &body, &[("end", joined)]);
    let compiled = Compiled::of(&text);
    assert_ne!(compiled.address("early"), compiled.address("all"));
    assert_eq!(compiled.address("again"), compiled.address("all") + 32 * 32 * 4);
    check(&text, small);
}

/// Inputs keep their memory unless they may lose it, and with `io_alone` nothing else is in it.
#[test]
fn address_modes_place_inputs_and_outputs() {
    let shape: &[usize] = &[1, 4, 32, 32];
    let body: Vec<String> = (0..4)
        .map(|at| {
            let from = if at == 0 {
                "in".to_owned()
            } else {
                format!("t{}", at - 1)
            };
            op(&format!("t{at}"), "Relu", &[(&from, shape)], RELU, shape)
        })
        .collect();
    let text = program_text(shape, &body, &[("t3", shape)]);
    let bytes = 4 * 32 * 32 * 4;
    let of = |mode: &str| {
        let compiled = Compiled::of(&text.replace("\"basic\"", &format!("\"{mode}\"")));
        let net = &compiled.bmodel.nets[0];
        let stage = &net.stages[0];
        let io = (stage.io_addr, stage.io_size);
        let tensors = (stage.inputs[0].device_addr, stage.outputs[0].device_addr);
        (net.addr_mode, stage.ctx_size, io, tensors)
    };
    let (mode, basic, io, _) = of("basic");
    assert_eq!((mode, basic, io), (0, 3 * bytes, (0, 0)));
    let (mode, reused, ..) = of("in_reuse");
    assert_eq!((mode, reused), (5, 2 * bytes));
    let (mode, alone, (start, size), (input, output)) = of("io_alone");
    assert_eq!((mode, alone, size), (1, 2 * bytes, 2 * bytes));
    for address in [input, output] {
        assert!((start..start + size).contains(&address));
    }
    check(&text.replace("\"basic\"", "\"in_reuse\""), shape);
    check(&text.replace("\"basic\"", "\"io_alone\""), shape);
}

/// Equal weights are stored once.
#[test]
fn equal_weights_share_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, mut weights) = long_network(Kind::Residual, 6, "long.npz");
    let same = weights["first0_filter"].clone();
    weights.insert("second3_filter".to_owned(), same);
    std::fs::write(folder.path().join("long.mlir"), text).expect("written");
    npz::write_map(&folder.path().join("long.npz"), &weights, Compression::Stored).expect("written");
    let mut program = Program::read(&folder.path().join("long.mlir")).expect("a program");
    let bmodel = compile_with(&mut program, false, &Settings::of(Effort::None)).expect("a bmodel");
    let compiled = Compiled { program, bmodel };
    let filter = |conv: &str| {
        let ctx = &compiled.program.ctx;
        let ops = ctx.walk(compiled.program.module.op());
        let op = ops
            .into_iter()
            .find(|op| ctx.is(*op, "tpu.Conv2D") && ctx.name(*op) == conv);
        ctx.operand(op.unwrap_or_else(|| panic!("no {conv}")), 1)
    };
    let place = |conv: &str| address(&compiled.program, filter(conv)).expect("an address");
    assert_eq!(place("second3"), place("first0"));
    assert_ne!(place("second0"), place("first0"));
    let coeff = compiled.bmodel.nets[0].stages[0].coeff.as_ref().expect("weights");
    let part = |conv: &str| {
        let name = compiled.program.ctx.value_name(filter(conv));
        coeff
            .locations
            .iter()
            .find(|part| part.name == name)
            .map(|part| part.offset)
    };
    assert_eq!(part("second3"), part("first0"));
    assert!(part("first0").is_some());
}

/// Processor time of this thread, which other tests at the same time do not change; wall time where the system does not tell it.
fn clock(start: Instant) -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = schedule
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Text to bmodel; the shortest of three.
fn compile_time(kind: Kind, ops: usize, effort: Effort) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, weights) = long_network(kind, ops, "long.npz");
    let path = folder.path().join("long.mlir");
    std::fs::write(&path, text).expect("written");
    npz::write_map(&folder.path().join("long.npz"), &weights, Compression::Stored).expect("written");
    let once = || {
        let start = Instant::now();
        let before = clock(start);
        let mut program = Program::read(&path).expect("a program");
        compile_with(&mut program, true, &Settings::of(effort)).expect("a bmodel");
        clock(start) - before
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

/// Ten times the operations take about ten times as long, not a hundred times.
#[test]
fn compile_time_grows_with_the_operations() {
    for kind in [Kind::Chain, Kind::Residual] {
        // Searching for groups takes most of the time: fewer operations then, but more than the longest run that is tried.
        for (effort, ops) in [(Effort::None, 300), (Effort::Normal, 60)] {
            let short = compile_time(kind, ops, effort);
            let long = compile_time(kind, 10 * ops, effort);
            println!(
                "{kind:?}, {effort:?}: {ops} operations {short:?}, {} {long:?}",
                10 * ops
            );
            assert!(long < short * 30, "{kind:?}, {effort:?}: {short:?} and {long:?}");
        }
    }
}
