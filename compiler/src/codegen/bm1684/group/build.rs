//! Makes a `tpu.Group` of a run of operations.

use super::Range;
use super::estimate::Cut;
use super::ginfo::GroupInfo;
use super::graph::Graph;
use super::memory::{Item, Placement};
use super::seen::{Kind, Seen};
use super::shape::{Run, own_part};
use super::weights::Form;
use crate::lowering::bm1684::context::none_value;
use crate::program::Program;
use tpuc_dialects::ir::{Block, Context, Loc, LocKind, Op, Rewriter, Type, Value};

/// Stages of a group's operations, as `#tpu.lg<stage>` numbers them.
pub const LOAD: usize = 0;
/// An operation is computed.
pub const COMPUTE: usize = 1;
/// A tensor is stored.
pub const STORE: usize = 2;

/// `group_type` of groups whose tensors are seen as rows of elements; TPU-MLIR groups tensors of few channels so.
pub const FLAT: i64 = 2;

/// The value behind a tensor, which groups before may have given another one.
fn value_of(graph: &Graph, tensor: usize) -> Value {
    let source = graph.tensors[tensor].folded.map_or(tensor, |(source, _)| source);
    graph.tensors[source].value
}

fn batch_ranges(all: usize, cut: Cut) -> Vec<Range> {
    (0..cut.batch_slices)
        .map(|index| {
            let start = index * cut.batches;
            (start, cut.batches.min(all - start))
        })
        .collect()
}

/// Puts the run into a group, whose results take the place of what it stores.
pub fn build(program: &mut Program, graph: &mut Graph, run: &Run, cut: Cut, placement: &Placement) {
    let ctx = &mut program.ctx;
    // A block ends in a terminator, which is in no group.
    let Some(anchor) = ctx.next_op(graph.nodes[run.end - 1].op) else {
        return;
    };
    let mut inputs: Vec<Value> = Vec::new();
    for &tensor in &run.tensors[run.made..] {
        // A tensor that is folded as well is loaded twice.
        let value = value_of(graph, tensor);
        if !inputs.contains(&value) {
            inputs.push(value);
        }
    }
    let all = run.dims[0][0];
    let n = batch_ranges(all, cut);
    // Where each tensor is, for each of its slices.
    let info = |place: usize, h: Vec<Range>, id: usize, stage: usize| {
        let dims = run.dims[place];
        let (out_addr, out_size) = placement.tensors[run.joined_in(place).unwrap_or(place)];
        GroupInfo {
            out_addr,
            out_size,
            eu_align: true,
            n: n.clone(),
            c: vec![(0, dims[1])],
            h,
            w: vec![(0, dims[3])],
            id,
            stage,
            ..GroupInfo::default()
        }
    };
    let rows_of = |place: usize| placement.rows.iter().map(|rows| rows[place]).collect::<Vec<_>>();

    // A store has a second operand in TPU-MLIR, which is nothing here.
    let Some(outer) = ctx.op_block(anchor) else {
        return;
    };
    let none = none_value(ctx, outer);
    let mut rewriter = ctx.rewriter_before(anchor);
    let region = rewriter.create_region();
    let block = rewriter.create_block(region);
    let mut loaded: Vec<Option<Value>> = vec![None; run.tensors.len()];
    let mut yielded: Vec<(usize, Value)> = Vec::new();
    for (number, item) in placement.order.iter().enumerate() {
        match *item {
            Item::LoadTensor(place) => {
                let tensor = run.tensors[place];
                let load = build_load(&mut rewriter, block, value_of(graph, tensor), 1);
                if let Some((_, op)) = graph.tensors[tensor].folded {
                    let code = rewriter.get_i64(op, "use_3ic_optimize").unwrap_or(0);
                    let code = rewriter.i64_attr(code);
                    rewriter.set_attr(load, "use_3ic_optimize", code);
                }
                let ginfo = info(place, rows_of(place), number, LOAD).to_attr(&mut rewriter);
                rewriter.set_attr(load, "ginfo", ginfo);
                loaded[place] = Some(rewriter.result(load));
            }
            Item::LoadWeight(step, index) => {
                let op = graph.nodes[run.start + step].op;
                let Some(weight) = run
                    .seen
                    .weights(&graph.nodes[run.start + step])
                    .and_then(|weights| weights.get(index).cloned())
                else {
                    continue;
                };
                let (out_addr, out_size) = placement.weights[step][index];
                let load = build_load(&mut rewriter, block, weight.value, 0);
                let dims = match weight.form {
                    Form::Tensor { there, .. } => there,
                    Form::Compact(_) | Form::Blocks { .. } => [1, run.dims[step][1], 1, 1],
                };
                let ginfo = GroupInfo {
                    out_addr,
                    out_size,
                    eu_align: matches!(weight.form, Form::Tensor { .. }),
                    n: vec![(0, dims[0])],
                    c: vec![(0, dims[1])],
                    h: vec![(0, dims[2])],
                    w: vec![(0, dims[3])],
                    id: number,
                    stage: LOAD,
                    ..GroupInfo::default()
                }
                .to_attr(&mut rewriter);
                rewriter.set_attr(load, "ginfo", ginfo);
                let value = rewriter.result(load);
                replace_operand(&mut rewriter, op, weight.value, value);
            }
            Item::Compute(step) => {
                let op = graph.nodes[run.start + step].op;
                for (&tensor, &place) in graph.nodes[run.start + step].inputs.iter().zip(&run.inputs[step]) {
                    if let Some(value) = loaded[place] {
                        replace_operand(&mut rewriter, op, value_of(graph, tensor), value);
                    }
                }
                rewriter.move_to_end(op, block);
                let (buffer_addr, buffer_size) = placement.buffers[step];
                let ginfo = GroupInfo {
                    buffer_addr,
                    buffer_size,
                    ..info(step, rows_of(step), number, COMPUTE)
                }
                .to_attr(&mut rewriter);
                rewriter.set_attr(op, "ginfo", ginfo);
            }
            Item::Store(place) => {
                let tensor = &graph.tensors[run.tensors[place]];
                let parts = (0..cut.row_slices)
                    .filter_map(|index| own_part(run.dims[place][2], index, cut.row_slices))
                    .collect();
                let (ty, loc) = type_and_loc(&mut rewriter, tensor.value);
                rewriter.set_at_end(block);
                let store = rewriter
                    .build("tpu.Store")
                    .operands(&[tensor.value, none])
                    .result(ty)
                    .loc(loc)
                    .finish();
                let ginfo = info(place, parts, number, STORE).to_attr(&mut rewriter);
                rewriter.set_attr(store, "ginfo", ginfo);
                yielded.push((place, rewriter.result(store)));
            }
        }
    }
    yielded.sort_by_key(|(place, _)| *place);
    let stored: Vec<Value> = yielded.iter().map(|(_, value)| *value).collect();
    let types: Vec<Type> = stored.iter().map(|value| rewriter.value_type(*value)).collect();
    let locs: Vec<Loc> = yielded
        .iter()
        .map(|(place, _)| type_and_loc(&mut rewriter, graph.tensors[run.tensors[*place]].value).1)
        .collect();
    let loc = match locs.as_slice() {
        [one] => *one,
        _ => rewriter.loc(LocKind::Fused {
            metadata: None,
            parts: locs,
        }),
    };
    rewriter.set_at_end(block);
    rewriter.build("tpu.Yield").operands(&stored).loc(loc).finish();
    rewriter.set_before(anchor);
    let group = rewriter
        .build("tpu.Group")
        .operands(&inputs)
        .results(&types)
        .i64("nsecs", cut.batch_slices as i64)
        .i64("csecs", 1)
        .i64("dsecs", 1)
        .i64("hsecs", cut.row_slices as i64)
        .i64("wsecs", 1)
        .i64("group_type", if run.seen.kind() == Kind::Flat { FLAT } else { 0 })
        .i64("swpipl_stage_num", 3)
        .loc(loc)
        .region(region)
        .finish();
    if let Seen::Bands(bands) = run.seen {
        let bands = rewriter.i64_attr(bands as i64);
        rewriter.set_attr(group, "bands", bands);
    }
    let results = rewriter.results(group).to_vec();
    for ((place, _), result) in yielded.iter().zip(results) {
        let value = graph.tensors[run.tensors[*place]].value;
        let outside: Vec<(Op, usize)> = rewriter
            .uses(value)
            .iter()
            .map(|user| (user.op, user.index as usize))
            .filter(|(op, _)| rewriter.op_block(*op) != Some(block))
            .collect();
        for (op, index) in outside {
            rewriter.set_operand(op, index, result);
        }
        graph.tensors[run.tensors[*place]].value = result;
    }
}

fn type_and_loc(ctx: &mut Context, value: Value) -> (Type, Loc) {
    let loc = match ctx.defining_op(value) {
        Some(op) => ctx.op_loc(op),
        None => ctx.loc_unknown(),
    };
    (ctx.value_type(value), loc)
}

fn build_load(rewriter: &mut Rewriter<'_>, block: Block, value: Value, lmem_type: i64) -> Op {
    let ty = rewriter.value_type(value);
    let name = format!("load_{}", rewriter.value_name(value));
    rewriter.set_at_end(block);
    rewriter
        .build("tpu.Load")
        .operand(value)
        .result(ty)
        .i64("lmem_type", lmem_type)
        .named(&name)
        .finish()
}

fn replace_operand(rewriter: &mut Rewriter<'_>, op: Op, old: Value, new: Value) {
    let indices: Vec<usize> = rewriter
        .operands(op)
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == old)
        .map(|(index, _)| index)
        .collect();
    for index in indices {
        rewriter.set_operand(op, index, new);
    }
}
