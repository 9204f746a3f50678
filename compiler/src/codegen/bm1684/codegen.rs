//! Walks a program whose tensors have addresses and makes its bmodel (pass `codegen`).

use super::address::{self, AddressMode, dense_bytes, element_of_type, shape_of_type};
use super::alias::is_alias;
use super::emitter::{Emitter, Position};
use super::error::{Error, Result, malformed};
use super::parts::{self, HostLayer, Parts, Work};
use super::resident::Frame;
use super::tensor::{Element, Global, Local};
use super::{
    active, arg, binary, cast, coefficient_area, compare, conv2d, conv3d, deconv, deconv3d, depth2space,
    gather, generic_cpu, group, gru, interp, lrn, lstm, lut, matmul, movement, norm, pad, pool2d, pool3d,
    reduce, scale, shape, softmax, unary,
};
use crate::program::Program;
use serde_json::json;
use tpuc_dialects::func::Func;
use tpuc_dialects::ir::{Context, Diagnostic, Op, TypeKind, Value};
use tpuc_dialects::text::type_text;
use tpuc_runtime::bmodel::{self, Bmodel, CmdGroup, DataType, StaticNet, StoreMode};

/// Emits the commands of one operation.
pub type EmitFn = fn(&mut Codegen<'_>, Op) -> Result<()>;

/// Every operation that code is generated for.
pub const OPS: &[(&str, EmitFn)] = &[
    ("tpu.Active", active::emit),
    ("tpu.Add", binary::add),
    ("tpu.AddConst", unary::add_const),
    ("tpu.Arg", arg::emit),
    ("tpu.Cast", cast::emit),
    ("tpu.Clip", unary::clip),
    ("tpu.Compare", compare::compare),
    ("tpu.CompareConst", compare::compare_const),
    ("tpu.Concat", movement::concat),
    ("tpu.Conv2D", conv2d::emit),
    ("tpu.Conv3D", conv3d::emit),
    ("tpu.Deconv", deconv::emit),
    ("tpu.Deconv3D", deconv3d::emit),
    ("tpu.Depth2Space", depth2space::emit),
    ("tpu.Div", binary::div),
    ("tpu.GRU", gru::emit),
    ("tpu.Gather", gather::emit),
    ("tpu.GenericCpu", generic_cpu::emit),
    ("tpu.Group", group::emit::emit),
    ("tpu.GroupNorm", norm::group_norm),
    ("tpu.InstanceNorm", norm::instance_norm),
    ("tpu.Interp", interp::emit),
    ("tpu.LRN", lrn::emit),
    ("tpu.LSTM", lstm::emit),
    ("tpu.LayerNorm", norm::layer_norm),
    ("tpu.LeakyRelu", unary::leaky_relu),
    ("tpu.Lut", lut::emit),
    ("tpu.MatMul", matmul::emit),
    ("tpu.Max", binary::max),
    ("tpu.MaxConst", unary::max_const),
    ("tpu.Min", binary::min),
    ("tpu.MinConst", unary::min_const),
    ("tpu.Mul", binary::mul),
    ("tpu.MulConst", unary::mul_const),
    ("tpu.MulShift", unary::mul_shift),
    ("tpu.PReluOp", unary::prelu),
    ("tpu.Pad", pad::emit),
    ("tpu.Permute", movement::permute),
    ("tpu.PixelNorm", norm::pixel_norm),
    ("tpu.Pool1D", pool2d::emit),
    ("tpu.Pool2D", pool2d::emit),
    ("tpu.Pool3D", pool3d::emit),
    ("tpu.RMSNorm", norm::rms_norm),
    ("tpu.Reciprocal", unary::reciprocal),
    ("tpu.Reduce", reduce::emit),
    ("tpu.Relu", unary::relu),
    ("tpu.Scale", scale::emit),
    ("tpu.Shape", shape::emit),
    ("tpu.ShapeSlice", movement::slice),
    ("tpu.ShuffleChannel", movement::shuffle_channel),
    ("tpu.Slice", movement::slice),
    ("tpu.Softmax", softmax::emit),
    ("tpu.Sub", binary::sub),
    ("tpu.SubConst", unary::sub_const),
    ("tpu.SwapDimInner", movement::swap_dim_inner),
    ("tpu.Tile", movement::tile),
    ("tpu.Upsample", movement::upsample),
];

/// A tensor of the program.
#[derive(Clone, PartialEq, Debug)]
pub struct TensorInfo {
    /// Address of the dense data in DDR.
    pub address: u64,
    /// Element type.
    pub element: Element,
    /// Sizes.
    pub shape: Vec<usize>,
    /// Units per quantum of a quantised tensor, otherwise 1.
    pub scale: f64,
    /// The integer that stands for 0.
    pub zero_point: i64,
    /// Where the tensor is in local memory, if it is there already: then sizes are those of the slice at hand, and the
    /// address means nothing.
    pub resident: Option<Local>,
}

impl TensorInfo {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The tensor as batch, channel, row, column; missing last dimensions are 1.
    ///
    /// # Errors
    /// When the rank is above 4.
    pub fn nchw(&self) -> Result<Global> {
        if self.shape.len() > 4 {
            return Err(Error::Unsupported(format!(
                "a tensor of rank {}; reshape it to 4 dimensions",
                self.shape.len()
            )));
        }
        let mut shape = [1; 4];
        shape[..self.shape.len()].copy_from_slice(&self.shape);
        Ok(Global::dense(self.address, self.element, shape))
    }
}

/// What operations need to emit their commands.
pub struct Codegen<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its commands since the last layer of the host.
    pub emitter: Emitter,
    /// What came before.
    pub parts: Parts,
    /// Where tensors are in local memory, inside a layer group.
    pub frame: Option<Frame>,
    /// Where and when tensors can be read ([`Codegen::record`]).
    locations: Vec<serde_json::Value>,
}

impl<'a> Codegen<'a> {
    /// A generator that has emitted nothing.
    pub fn new(program: &'a Program) -> Self {
        Self {
            program,
            emitter: Emitter::new(),
            parts: Parts::default(),
            frame: None,
            locations: Vec::new(),
        }
    }
}

impl Codegen<'_> {
    /// Ends the sub-net of commands, if there are any.
    fn finish_commands(&mut self) {
        if self.emitter.position() == Position::default() {
            return;
        }
        let groups = std::mem::take(&mut self.emitter).finish();
        let groups = groups.iter().map(|group| {
            let tiu: Vec<u8> = group.tiu.iter().flat_map(|command| command.to_bytes()).collect();
            let dma: Vec<u8> = group.dma.iter().flat_map(|command| command.to_bytes()).collect();
            CmdGroup::new(tiu, dma)
        });
        self.parts.done.push(Work::Commands(groups.collect()));
    }

    /// Puts a layer of the host, which executes `op`, after the commands so far.
    pub fn host_layer(&mut self, op: Op, layer: HostLayer) {
        self.finish_commands();
        self.parts.of_op.insert(op, self.parts.done.len());
        self.parts.done.push(Work::Host(layer));
    }

    /// The weight behind a value: inside a layer group operations read weights that were loaded.
    pub fn weight_behind(&self, value: Value) -> Value {
        let ctx = self.ctx();
        match ctx.defining_op(value).filter(|load| ctx.is(*load, "tpu.Load")) {
            Some(load) => ctx.operand(load, 0),
            None => value,
        }
    }

    /// The program's operations and types.
    pub fn ctx(&self) -> &Context {
        &self.program.ctx
    }

    /// Address, type and shape of a value.
    ///
    /// # Errors
    /// When it has no address or a type that the chip does not have.
    pub fn tensor(&self, value: Value) -> Result<TensorInfo> {
        let ctx = self.ctx();
        let ty = ctx.value_type(value);
        if let Some((resident, shape)) = self.frame.as_ref().and_then(|frame| frame.view(value)) {
            return Ok(TensorInfo {
                shape,
                resident: Some(resident),
                ..self.described(value, 0)?
            });
        }
        let Some(address) = ctx
            .type_address(ty)
            .or(self.frame.as_ref().and_then(Frame::pretended_address))
        else {
            return malformed(format!(
                "tensor '{}' has no address; run --address-assign",
                ctx.value_name(value)
            ));
        };
        self.described(value, address as u64)
    }

    /// The whole tensor, wherever it is: its address means nothing.
    ///
    /// # Errors
    /// When it has a type that the chip does not have.
    pub fn whole(&self, value: Value) -> Result<TensorInfo> {
        self.described(value, 0)
    }

    fn described(&self, value: Value, address: u64) -> Result<TensorInfo> {
        let ctx = self.ctx();
        let ty = ctx.value_type(value);
        let (scale, zero_point) = match ctx.element_type(ty).map(|element| ctx.type_kind(element)) {
            Some(TypeKind::Uniform {
                scale, zero_point, ..
            }) => (scale.get(), *zero_point),
            _ => (1.0, 0),
        };
        Ok(TensorInfo {
            address,
            element: element_of_type(ctx, ty)?,
            shape: shape_of_type(ctx, ty)?,
            scale,
            zero_point,
            resident: None,
        })
    }

    /// The tensor of operand `index`.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn operand(&self, op: Op, index: usize) -> Result<TensorInfo> {
        match self.optional_operand(op, index)? {
            Some(tensor) => Ok(tensor),
            None => malformed(format!("operand {index} is missing")),
        }
    }

    /// The tensor of operand `index`, unless it is left out or `none`.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn optional_operand(&self, op: Op, index: usize) -> Result<Option<TensorInfo>> {
        let ctx = self.ctx();
        match ctx.operands(op).get(index) {
            Some(&value) if !ctx.is_none(value) => self.tensor(value).map(Some),
            _ => Ok(None),
        }
    }

    /// The tensor of the only result.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn result(&self, op: Op) -> Result<TensorInfo> {
        self.tensor(self.ctx().result(op))
    }

    /// An integer attribute.
    pub fn int(&self, op: Op, name: &str, default: i64) -> i64 {
        self.ctx().get_i64(op, name).unwrap_or(default)
    }

    /// A boolean attribute.
    pub fn flag(&self, op: Op, name: &str) -> bool {
        self.ctx().get_bool(op, name).unwrap_or(false)
    }

    /// A number attribute.
    pub fn float(&self, op: Op, name: &str, default: f64) -> f64 {
        self.ctx().get_f64(op, name).unwrap_or(default)
    }

    /// A list of integers that must not be negative; empty when missing.
    ///
    /// # Errors
    /// When one is negative.
    pub fn sizes(&self, op: Op, name: &str) -> Result<Vec<usize>> {
        sizes_of(self.ctx(), op, name)
    }
}

/// A list of integers that must not be negative; empty when missing.
///
/// # Errors
/// When one is negative.
pub fn sizes_of(ctx: &Context, op: Op, name: &str) -> Result<Vec<usize>> {
    ctx.get_i64s(op, name)
        .unwrap_or_default()
        .into_iter()
        .map(usize::try_from)
        .collect::<std::result::Result<_, _>>()
        .or_else(|_| malformed(format!("a negative number in '{name}'")))
}

/// How the bmodel is made.
#[derive(Clone, Debug)]
pub struct BmodelOptions {
    /// Name of the net.
    pub name: String,
    /// Adds where and when every tensor can be read, for tools that dump them.
    pub debug_info: bool,
    /// Where inputs and outputs lie.
    pub address_mode: AddressMode,
}

/// Makes the bmodel of a program whose tensors have addresses.
///
/// # Errors
/// One diagnostic for every operation that cannot be compiled.
pub fn generate(
    program: &Program,
    function: Func,
    plan: &address::MemoryPlan,
    options: &BmodelOptions,
) -> std::result::Result<Bmodel, Vec<Diagnostic>> {
    let ctx = &program.ctx;
    let mut codegen = Codegen::new(program);
    let mut failed = Vec::new();
    let ops = function.ops(ctx);
    for &op in &ops {
        let before = codegen.emitter.position();
        if let Err(error) = emit_op(&mut codegen, op) {
            failed.push(diagnostic(ctx, op, &error));
            continue;
        }
        if ctx.is(op, "top.Weight") || ctx.is(op, "top.None") {
            continue;
        }
        let part = codegen.parts.done.len();
        if !is_alias(ctx, op) {
            codegen.parts.of_op.entry(op).or_insert(part);
        }
        if ctx.is(op, "tpu.Group") {
            // Its operations tell it themselves.
            continue;
        }
        let results: Vec<(Value, TensorInfo)> = ctx
            .results(op)
            .iter()
            .filter_map(|value| Some((*value, codegen.tensor(*value).ok()?)))
            .collect();
        if !results.is_empty() {
            let places: Vec<ResultPlace<'_>> = results
                .iter()
                .map(|(value, tensor)| ResultPlace {
                    value: *value,
                    tensor,
                    piece: None,
                })
                .collect();
            codegen.record(op, &places, before);
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    let tensors = |values: Vec<Value>, is_input: bool| {
        values
            .into_iter()
            .map(|value| Ok((value, bmodel_tensor(ctx, value, is_input)?)))
            .collect::<Result<Vec<_>>>()
    };
    let inputs = ops
        .iter()
        .filter(|op| ctx.is(**op, "top.Input"))
        .map(|op| ctx.result(*op))
        .collect();
    let outputs = function
        .return_op(ctx)
        .map(|op| op.values(ctx).to_vec())
        .unwrap_or_default();
    let single = |error: Error| vec![Diagnostic::error(error.to_string())];
    let inputs = tensors(inputs, true).map_err(single)?;
    let outputs = tensors(outputs, false).map_err(single)?;
    let (coeff, coeff_locations) = coefficient_area::of(program, &ops, plan).map_err(single)?;
    codegen.finish_commands();
    let locations = std::mem::take(&mut codegen.locations);
    let mut done = std::mem::take(&mut codegen.parts);
    if done.done.is_empty() {
        // The vendor's runtime ends with a fault where a sub-net has no group at all.
        done.done
            .push(Work::Commands(vec![CmdGroup::new(Vec::new(), Vec::new())]));
    }
    let subnets = parts::subnets(&codegen, done, &ops, &inputs, &outputs).map_err(single)?;
    let only_tensors =
        |list: Vec<(Value, bmodel::Tensor)>| list.into_iter().map(|(_, tensor)| tensor).collect();
    let net = StaticNet {
        name: options.name.clone(),
        inputs: only_tensors(inputs),
        outputs: only_tensors(outputs),
        coeff_addr: plan.coeff_address,
        coeff,
        locations: coeff_locations,
        ctx_addr: plan.neuron_address,
        ctx_size: plan.neuron_bytes,
        addr_mode: options.address_mode.code(),
        io: plan.io.unwrap_or_default(),
        subnets,
        tensor_loc: options
            .debug_info
            .then(|| serde_json::Value::from(locations).to_string().into_bytes()),
    };
    // The time is fixed: the same program gives the same bytes.
    let version = format!("tpuc {}", env!("CARGO_PKG_VERSION"));
    Ok(bmodel::single_net(net, &version, "Thu Jan  1 00:00:00 1970\n"))
}

fn emit_op(codegen: &mut Codegen<'_>, op: Op) -> Result<()> {
    let ctx = codegen.ctx();
    let name = ctx.op_name(op);
    match name {
        // Inputs and outputs of 8 bits are dense too: the runtime takes and gives them as they are.
        "top.None" | "top.Weight" | "top.Input" | "func.return" => return Ok(()),
        _ if is_alias(ctx, op) => return Ok(()),
        _ => {}
    }
    match OPS.iter().find(|(known, _)| *known == name) {
        Some((_, emit)) => emit(codegen, op),
        None => Err(Error::Unsupported(
            "no code generation for this operation on bm1684; replace it in the network".into(),
        )),
    }
}

fn diagnostic(ctx: &Context, op: Op, error: &Error) -> Diagnostic {
    Diagnostic::error(format!("'{}' op {error}", ctx.op_name(op)))
        .at(ctx.op_span(op))
        .named(ctx.name(op))
}

pub(super) fn data_type(element: Element) -> DataType {
    match element {
        Element::F32 => DataType::F32,
        Element::I8 => DataType::I8,
        Element::U8 => DataType::U8,
        Element::I16 => DataType::I16,
        Element::U16 => DataType::U16,
        Element::I32 => DataType::I32,
        Element::U32 => DataType::U32,
    }
}

fn bmodel_tensor(ctx: &Context, value: Value, is_input: bool) -> Result<bmodel::Tensor> {
    let ty = ctx.value_type(value);
    let element = element_of_type(ctx, ty)?;
    let (scale, zero_point) = match ctx.element_type(ty).map(|element| ctx.type_kind(element)) {
        Some(TypeKind::Uniform {
            scale, zero_point, ..
        }) if is_input => (1.0 / scale.get(), *zero_point),
        Some(TypeKind::Uniform {
            scale, zero_point, ..
        }) => (scale.get(), *zero_point),
        _ => (1.0, 0),
    };
    let Some(address) = ctx.type_address(ty) else {
        return malformed("an input or output without an address; run --address-assign");
    };
    Ok(bmodel::Tensor {
        name: ctx.value_name(value).to_owned(),
        dtype: data_type(element),
        store_mode: StoreMode::N1,
        device_addr: address as u64,
        size: dense_bytes(ctx, ty)?,
        shapes: vec![
            shape_of_type(ctx, ty)?
                .into_iter()
                .map(|size| size as u64)
                .collect(),
        ],
        scale: scale as f32,
        zero_point: zero_point as i32,
        ..bmodel::Tensor::default()
    })
}

/// A piece of a tensor in local memory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LocalPiece {
    /// Where.
    pub local: Local,
    /// Its first batch and row in the tensor.
    pub start: [usize; 2],
    /// Sizes of the tensor.
    pub whole: [usize; 4],
    /// Elements of the tensor from one to the next, where these sizes are not its own.
    pub strides: Option<[usize; 4]>,
}

/// A result, and where it can be read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ResultPlace<'a> {
    /// The value.
    pub value: Value,
    /// Its description; the address counts where it is no piece in local memory.
    pub tensor: &'a TensorInfo,
    /// The piece in local memory.
    pub piece: Option<LocalPiece>,
}

impl Codegen<'_> {
    /// Notes where and when an operation's results can be read, in the form of TPU-MLIR's tensor locations: the runtime takes
    /// them from memory when the commands since `before` are done.
    pub fn record(&mut self, op: Op, results: &[ResultPlace<'_>], before: Position) {
        let after = self.emitter.position();
        // What a layer of the host makes is there before the first command after it.
        let before = if before.group > after.group || before.tiu > after.tiu || before.dma > after.dma {
            after
        } else {
            before
        };
        let ctx = self.ctx();
        let results: Vec<serde_json::Value> = results
            .iter()
            .map(|result| {
                let type_name = memory_type(result.tensor.element);
                let sizes = |shape: &[usize]| shape.iter().map(|size| format!("{size}x")).collect::<String>();
                let (address, layout, dims, reshape, slice) = match &result.piece {
                    None => (
                        result.tensor.address,
                        "continuous",
                        sizes(&result.tensor.shape),
                        String::new(),
                        "[...]".to_owned(),
                    ),
                    Some(piece) => {
                        let [n, c, h, w] = piece.local.shape;
                        let [batch, row] = piece.start;
                        let [all_n, all_c, all_h, all_w] = piece.whole;
                        let packed = result.tensor.element.is_byte();
                        (
                            piece.local.address as u64,
                            if packed { "eu_align_xn" } else { "eu_align" },
                            sizes(&piece.local.shape),
                            format!("<{all_n}x{all_c}x1x{all_h}x{all_w}>"),
                            format!("[{batch}:{}, 0:{c}, 0:1, {row}:{}, 0:{w}]", batch + n, row + h),
                        )
                    }
                };
                let mut entry = json!({
                    "name": ctx.value_name(result.value),
                    "address": address,
                    "layout": layout,
                    "memory_type": format!("<{dims}{type_name}>"),
                    "reshape": reshape,
                    "shape": result.tensor.shape,
                    "slice": slice,
                    "type": type_text(ctx, ctx.value_type(result.value)),
                });
                if let Some([n, c, h, w]) = result.piece.and_then(|piece| piece.strides) {
                    entry["strides"] = json!([n, c, 0, h, w]);
                }
                entry
            })
            .collect();
        let entry = json!({
            "core_id": 0,
            "opcode": ctx.op_name(op),
            "operands": [],
            "results": results,
            "subnet_id": self.parts.done.len(),
            "tiu_dma_id(after)": [after.tiu, after.dma],
            "tiu_dma_id(before)": [before.tiu, before.dma],
        });
        self.locations.push(entry);
    }
}

fn memory_type(element: Element) -> &'static str {
    match element {
        Element::F32 => "f32",
        Element::I8 => "si8",
        Element::U8 => "ui8",
        Element::I16 => "si16",
        Element::U16 => "ui16",
        Element::I32 => "si32",
        Element::U32 => "ui32",
    }
}
