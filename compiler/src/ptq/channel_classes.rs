//! Which channels must be scaled together. Multiplying a channel of an activation by a positive number can be undone in the
//! weights of its readers; the channels that such a number reaches through operations which commute with it (relu, pooling,
//! moves, sums) form a class.
//!
//! Classes are found by running the operations that only move data on tensors of class numbers instead of activations, so
//! that no operation's indexing is written down a second time. Class [`FIXED`] holds everything that cannot be scaled:
//! inputs, outputs, and whatever an operation reads that does not commute with a scale.

use crate::data::Tensor;
use crate::inference::{InferenceError, Interpreter};
use crate::program::Program;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tpuc_dialects::ir::{Context, Op, OpView, Value};
use tpuc_dialects::top::Conv;

/// The class whose scale is 1.
pub const FIXED: u32 = 0;

/// A convolution with constant filter, and the classes of its channels.
#[derive(Clone, Debug)]
pub struct ConvChannels {
    /// The convolution.
    pub op: Op,
    /// Class of each input channel.
    pub inputs: Vec<u32>,
    /// Class of each output channel.
    pub outputs: Vec<u32>,
    /// Groups.
    pub groups: usize,
}

impl ConvChannels {
    /// Whether each output channel reads one input channel of its own.
    pub fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.inputs.len() && self.groups == self.outputs.len()
    }
}

/// The convolutions of a program in order, with the classes of their channels.
#[derive(Clone, Debug, Default)]
pub struct ChannelClasses {
    /// The convolutions.
    pub convs: Vec<ConvChannels>,
    /// Number of class numbers; some are in use by no channel.
    pub count: usize,
}

/// How an operation treats a scale of its input's channels.
enum Treatment {
    /// A convolution whose weights can absorb it.
    Conv,
    /// It moves elements and changes none.
    Move,
    /// It works inside each channel and commutes with a positive factor.
    Channelwise,
    /// It adds tensors of the same shape.
    Sum,
    /// Anything else.
    Opaque,
}

impl ChannelClasses {
    /// Classes of a top program; `interpreter` must be of this program.
    ///
    /// # Errors
    /// When an operation that moves data fails.
    pub fn find(program: &Program, interpreter: &Interpreter) -> Result<Self, InferenceError> {
        let main = program
            .main()
            .map_err(|error| InferenceError::Program(vec![error]))?;
        let ctx = &program.ctx;
        let mut finder = Finder::new(interpreter);
        for op in main.ops(ctx) {
            match ctx.op_name(op) {
                "top.Input" | "top.Weight" | "top.None" => {}
                "func.return" => {
                    for value in ctx.operands(op) {
                        finder.fix(*value);
                    }
                }
                _ => finder.visit(program, op)?,
            }
            finder.forget_read(ctx, op);
        }
        Ok(finder.finish())
    }
}

struct Finder<'a> {
    interpreter: &'a Interpreter,
    /// Step of the interpreter by the name of its first result.
    steps: FxHashMap<&'a str, usize>,
    /// Class numbers of each element; a value that is missing is fixed.
    labels: FxHashMap<Value, Arc<Tensor>>,
    parents: Vec<u32>,
    convs: Vec<ConvChannels>,
    readers_left: FxHashMap<Value, usize>,
}

impl<'a> Finder<'a> {
    fn new(interpreter: &'a Interpreter) -> Self {
        let steps = (0..interpreter.step_count())
            .filter_map(|step| {
                let slot = interpreter.step_results(step).first()?;
                Some((interpreter.slot_name(*slot), step))
            })
            .collect();
        Self {
            interpreter,
            steps,
            labels: FxHashMap::default(),
            parents: vec![FIXED],
            convs: Vec::new(),
            readers_left: FxHashMap::default(),
        }
    }

    fn visit(&mut self, program: &Program, op: Op) -> Result<(), InferenceError> {
        let ctx = &program.ctx;
        match treatment(ctx, op) {
            Treatment::Conv => self.conv(ctx, op),
            Treatment::Move => self.run_move(ctx, op)?,
            Treatment::Channelwise => {
                let classes = self.channels(ctx, ctx.operand(op, 0));
                self.fill(ctx, ctx.result(op), &classes);
            }
            Treatment::Sum => self.sum(ctx, op),
            Treatment::Opaque => {
                for value in ctx.operands(op) {
                    self.fix(*value);
                }
            }
        }
        Ok(())
    }

    fn conv(&mut self, ctx: &Context, op: Op) {
        let conv = Conv::new_unchecked(op);
        let inputs = self.channels(ctx, conv.input(ctx));
        let channels = ctx
            .shape(conv.output(ctx))
            .and_then(|shape| shape.get(1))
            .map_or(0, |channels| *channels as usize);
        let limited = conv.do_relu(ctx) && conv.relu_limit(ctx) > 0.0;
        let outputs: Vec<u32> = (0..channels)
            .map(|_| if limited { FIXED } else { self.new_class() })
            .collect();
        self.fill(ctx, conv.output(ctx), &outputs);
        self.convs.push(ConvChannels {
            op,
            inputs,
            outputs,
            groups: conv.group(ctx).max(1) as usize,
        });
    }

    /// Runs an operation that moves elements on the class numbers.
    fn run_move(&mut self, ctx: &Context, op: Op) -> Result<(), InferenceError> {
        let name = ctx.value_name(ctx.result(op));
        let Some(step) = self.steps.get(name).copied() else {
            for value in ctx.operands(op) {
                self.fix(*value);
            }
            return Ok(());
        };
        let by_name: FxHashMap<&str, Value> = ctx
            .operands(op)
            .iter()
            .map(|value| (ctx.value_name(*value), *value))
            .collect();
        let interpreter = self.interpreter;
        let results = interpreter.run_step(step, &|slot| {
            let value = by_name.get(interpreter.slot_name(slot))?;
            let labels = self.labels.get(value).cloned();
            labels.or_else(|| label_tensor(ctx, *value, |_| FIXED).map(Arc::new))
        })?;
        for (value, labels) in ctx.results(op).iter().zip(results) {
            self.labels.insert(*value, Arc::new(labels));
        }
        Ok(())
    }

    fn sum(&mut self, ctx: &Context, op: Op) {
        let operands = ctx.operands(op).to_vec();
        let mut first: Option<Arc<Tensor>> = None;
        for operand in &operands {
            let Some(labels) = self.labels.get(operand).cloned() else {
                return operands.iter().for_each(|value| self.fix(*value));
            };
            match &first {
                None => first = Some(labels),
                Some(other) => {
                    let (a, b) = (other.to_f32(), labels.to_f32());
                    for (a, b) in a.iter().zip(b.iter()) {
                        self.unite(*a as u32, *b as u32);
                    }
                }
            }
        }
        if let Some(labels) = first {
            self.labels.insert(ctx.result(op), labels);
        }
    }

    /// The class of each channel of a value of shape N, C, ...; the elements of a channel become one class.
    fn channels(&mut self, ctx: &Context, value: Value) -> Vec<u32> {
        let shape = ctx.shape(value).unwrap_or_default().to_vec();
        let channels = shape.get(1).map_or(0, |channels| *channels as usize);
        let Some(labels) = self.labels.get(&value).cloned() else {
            return vec![FIXED; channels];
        };
        let labels = labels.to_f32();
        let Some(labels) = labels.as_slice() else {
            return vec![FIXED; channels];
        };
        let inner = shape.iter().skip(2).product::<i64>().max(1) as usize;
        let mut classes: Vec<Option<u32>> = vec![None; channels];
        for (row, elements) in labels.chunks(inner).enumerate() {
            let class = &mut classes[row % channels.max(1)];
            let mut last = class.unwrap_or(elements[0] as u32);
            for element in elements {
                if *element as u32 != last {
                    self.unite(last, *element as u32);
                    last = *element as u32;
                }
            }
            *class = Some(last);
        }
        classes.into_iter().map(|class| class.unwrap_or(FIXED)).collect()
    }

    fn fill(&mut self, ctx: &Context, value: Value, classes: &[u32]) {
        if let Some(labels) = label_tensor(ctx, value, |channel| {
            classes.get(channel).copied().unwrap_or(FIXED)
        }) {
            self.labels.insert(value, Arc::new(labels));
        }
    }

    /// Everything that a value holds cannot be scaled.
    fn fix(&mut self, value: Value) {
        if let Some(labels) = self.labels.get(&value).cloned() {
            let mut last = FIXED;
            for label in &labels.to_f32() {
                if *label as u32 != last {
                    last = *label as u32;
                    self.unite(last, FIXED);
                }
            }
        }
    }

    /// Labels are needed until the last reader was visited.
    fn forget_read(&mut self, ctx: &Context, op: Op) {
        for value in ctx.operands(op) {
            let left = self
                .readers_left
                .entry(*value)
                .or_insert_with(|| ctx.uses(*value).len());
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.labels.remove(value);
            }
        }
    }

    fn new_class(&mut self) -> u32 {
        let class = self.parents.len() as u32;
        self.parents.push(class);
        class
    }

    fn root(&mut self, mut class: u32) -> u32 {
        while self.parents[class as usize] != class {
            let above = self.parents[self.parents[class as usize] as usize];
            self.parents[class as usize] = above;
            class = above;
        }
        class
    }

    /// The smaller number stays, so that whatever meets [`FIXED`] is fixed.
    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    fn finish(mut self) -> ChannelClasses {
        let mut convs = std::mem::take(&mut self.convs);
        for conv in &mut convs {
            for class in conv.inputs.iter_mut().chain(&mut conv.outputs) {
                *class = self.root(*class);
            }
        }
        ChannelClasses {
            convs,
            count: self.parents.len(),
        }
    }
}

fn treatment(ctx: &Context, op: Op) -> Treatment {
    let unlimited = ctx.get_bool(op, "do_relu") != Some(true)
        || ctx.get_f64(op, "relu_limit").is_none_or(|limit| limit <= 0.0);
    let shapes: Vec<_> = ctx
        .operands(op)
        .iter()
        .map(|value| ctx.shape(*value))
        .chain([ctx.shape(ctx.results(op)[0])])
        .collect();
    match ctx.op_name(op) {
        "top.Conv" if weights_are_own(ctx, op) => Treatment::Conv,
        "top.Reshape" | "top.Permute" | "top.Slice" | "top.Squeeze" | "top.Unsqueeze"
        | "top.ShuffleChannel" | "top.SwapDimInner" | "top.Depth2Space" | "top.Split" | "top.Reverse" => {
            Treatment::Move
        }
        "top.Concat" if unlimited => Treatment::Move,
        "top.MaxPool" | "top.AvgPool" | "top.Upsample" | "top.Relu" | "top.LeakyRelu"
            if unlimited
                && ctx
                    .shape(ctx.operand(op, 0))
                    .is_some_and(|shape| shape.len() >= 3) =>
        {
            Treatment::Channelwise
        }
        "top.Add" if unlimited && shapes.windows(2).all(|pair| pair[0] == pair[1]) => Treatment::Sum,
        _ => Treatment::Opaque,
    }
}

/// Whether filter and bias are constants that nothing else reads.
fn weights_are_own(ctx: &Context, op: Op) -> bool {
    ctx.operands(op)[1..].iter().all(|value| {
        ctx.is_none(*value)
            || (ctx.has_one_use(*value) && ctx.defining_op(*value).is_some_and(|op| ctx.is(op, "top.Weight")))
    })
}

/// A tensor of class numbers (exact in f32 up to 2^24) in the shape of a value, given by channel.
fn label_tensor(ctx: &Context, value: Value, class: impl Fn(usize) -> u32) -> Option<Tensor> {
    let shape: Vec<usize> = ctx.shape(value)?.iter().map(|size| *size as usize).collect();
    let channels = shape.get(1).copied().unwrap_or(1).max(1);
    let inner = shape.iter().skip(2).product::<usize>();
    let count: usize = shape.iter().product();
    let labels: Vec<f32> = (0..count)
        .map(|index| class(index / inner.max(1) % channels) as f32)
        .collect();
    Tensor::from_vec(&shape, labels).ok()
}
