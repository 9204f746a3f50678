//! Plans a program once, then runs it as often as wanted.

use super::node::{Node, ValueInfo, value_info};
use super::ops::{self, Kernel, OnGrid};
use super::pool::{KernelPool, Shared, input_key, result_key};
use super::value::{Args, Element, Quantisation, Spare, normalise};
use crate::data::{Tensor, TensorMap};
use crate::program::Program;
use crate::tpu::subnets;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tpuc_dialects::ir::{Context, Diagnostic, Op, Value, op_error};
use tpuc_dialects::text::type_text;

/// Why a program cannot be executed.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// Something in the program; every problem that planning found.
    #[error("{}", list(.0))]
    Program(Vec<Diagnostic>),
    /// An input is missing or does not fit.
    #[error("{0}")]
    Input(String),
    /// An operation failed while running.
    #[error("{0}")]
    Run(Diagnostic),
}

fn list(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Which tensors [`Interpreter::run_all`] returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dump {
    /// Every tensor, inputs first, in the order of the program.
    All,
    /// What the program returns, in its order; before each the tensor that it was cast from.
    Outputs,
}

/// An input of the program.
struct Input {
    slot: usize,
    info: ValueInfo,
}

enum Operand {
    None,
    Slot(usize),
    Constant(Arc<Tensor>),
}

struct Step {
    kernel: Arc<Kernel>,
    /// For messages: the operation's kind, name and place.
    about: Diagnostic,
    operands: Vec<Operand>,
    /// Slots of the results that are not `none`.
    results: Vec<usize>,
    /// Slots that nobody reads after this step.
    last_uses: Vec<usize>,
}

impl Step {
    /// The operands, those that steps computed by `lookup`.
    fn operands(&self, lookup: &dyn Fn(usize) -> Option<Arc<Tensor>>) -> Args {
        let operands = self.operands.iter().map(|operand| match operand {
            Operand::None => None,
            Operand::Slot(slot) => lookup(*slot),
            Operand::Constant(tensor) => Some(tensor.clone()),
        });
        Args::new(operands.collect())
    }

    fn run(&self, operands: &mut Args) -> Result<Vec<Tensor>, InferenceError> {
        let results = self
            .kernel
            .run(operands)
            .map_err(|message| self.error(&message))?;
        if results.len() != self.results.len() {
            return Err(self.error(&format!(
                "made {} results where {} are wanted",
                results.len(),
                self.results.len()
            )));
        }
        Ok(results)
    }

    fn error(&self, message: &str) -> InferenceError {
        let mut about = self.about.clone();
        about.message.push_str(message);
        InferenceError::Run(about)
    }
}

/// A program made ready for execution. It holds what it needs of the weights and does not change when it runs.
///
/// Tensors are f32, or `i8`/`u8` where the program says so; integers of other widths are held in f32.
pub struct Interpreter {
    inputs: IndexMap<String, Input>,
    steps: Vec<Step>,
    /// Name and type of each slot.
    slots: Vec<(String, ValueInfo)>,
    outputs: Vec<usize>,
    /// Results that are weights.
    constants: Vec<(usize, Arc<Tensor>)>,
    /// The tensor that an output was cast from, where it was.
    cast_from: FxHashMap<usize, usize>,
    /// Keys of the slots; empty where kernels are not shared.
    keys: Vec<u64>,
}

#[derive(Default)]
struct Plan<'a> {
    pool: Option<&'a KernelPool>,
    keys: Vec<u64>,
    inputs: IndexMap<String, Input>,
    steps: Vec<Step>,
    slots: Vec<(String, ValueInfo)>,
    slot_of: FxHashMap<Value, usize>,
    found: Vec<Diagnostic>,
}

impl Interpreter {
    /// Plans `main` of a program: order, lifetimes, kernels with their weights packed.
    ///
    /// # Errors
    /// [`InferenceError::Program`] with every operation that cannot be executed.
    pub fn new(program: &Program) -> Result<Self, InferenceError> {
        Self::plan(program, None)
    }

    /// As [`Interpreter::new`], with the kernels of a pool where it has them, and with keys: tensors of two programs of one
    /// pool that have the same [`Interpreter::slot_key`] are equal for equal inputs.
    ///
    /// # Errors
    /// As [`Interpreter::new`].
    pub fn with_pool(program: &Program, pool: &KernelPool) -> Result<Self, InferenceError> {
        Self::plan(program, Some(pool))
    }

    fn plan(program: &Program, pool: Option<&KernelPool>) -> Result<Self, InferenceError> {
        let flat = subnets::flattened(program).map_err(|error| InferenceError::Program(vec![error]))?;
        let program = flat.as_ref().unwrap_or(program);
        let ctx = &program.ctx;
        let main = program
            .main()
            .map_err(|error| InferenceError::Program(vec![error]))?;
        let mut plan = Plan {
            pool,
            ..Plan::default()
        };
        let mut returned = Vec::new();
        for op in main.ops(ctx) {
            match ctx.op_name(op) {
                "func.return" => returned = ctx.operands(op).to_vec(),
                "top.None" | "top.Weight" => {}
                "top.Input" => plan.input(ctx, op),
                _ => plan.step(program, op),
            }
        }
        let mut constants = Vec::new();
        let mut outputs = Vec::new();
        for value in returned {
            if let Some(slot) = plan.slot_of.get(&value) {
                outputs.push(*slot);
                continue;
            }
            match program.weight(value) {
                Ok(Some(tensor)) => match value_info(ctx, ctx.value_type(value)) {
                    Ok(info) => {
                        plan.slots.push((ctx.value_name(value).to_owned(), info));
                        let tensor = normalise(tensor);
                        if plan.pool.is_some() {
                            plan.keys.push(super::pool::tensor_hash(&tensor));
                        }
                        constants.push((plan.slots.len() - 1, tensor));
                        outputs.push(plan.slots.len() - 1);
                    }
                    Err(error) => plan
                        .found
                        .push(Diagnostic::error(format!("'func.return' op {error}"))),
                },
                Ok(None) => {}
                Err(error) => plan.found.push(Diagnostic::error(error.to_string())),
            }
        }
        if !plan.found.is_empty() {
            return Err(InferenceError::Program(plan.found));
        }
        let mut cast_from = FxHashMap::default();
        let mut last_use: FxHashMap<usize, usize> = FxHashMap::default();
        for (index, step) in plan.steps.iter().enumerate() {
            for operand in &step.operands {
                if let Operand::Slot(slot) = operand {
                    last_use.insert(*slot, index);
                }
            }
            for slot in &step.results {
                last_use.entry(*slot).or_insert(index);
            }
            if let ([Operand::Slot(from)], [to]) = (step.operands.as_slice(), step.results.as_slice())
                && step.about.message.starts_with("'tpu.Cast'")
            {
                cast_from.insert(*to, *from);
            }
        }
        for (slot, index) in last_use {
            plan.steps[index].last_uses.push(slot);
        }
        Ok(Self {
            inputs: plan.inputs,
            steps: plan.steps,
            slots: plan.slots,
            outputs,
            constants,
            cast_from,
            keys: plan.keys,
        })
    }

    /// Names and shapes of the inputs, in order.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = (&str, &[usize])> {
        self.inputs
            .iter()
            .map(|(name, input)| (name.as_str(), input.info.shape.as_slice()))
    }

    /// Names of what the program returns, in order.
    pub fn output_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.outputs.iter().map(|slot| self.slots[*slot].0.as_str())
    }

    /// Names of all tensors in the order in which they are computed.
    pub fn tensor_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.slots.iter().map(|(name, _)| name.as_str())
    }

    /// Scale and zero point of a tensor; `None` if it is real or there is none of that name.
    pub fn quantisation(&self, name: &str) -> Option<Quantisation> {
        let (_, info) = self.slots.iter().find(|(slot, _)| slot == name)?;
        info.quantisation
    }

    /// Runs the program once. `observer` sees every tensor by name as soon as it is computed, inputs included, as it is
    /// stored: integers of quantised tensors. No tensor is kept longer than its last reader needs it.
    ///
    /// # Errors
    /// [`InferenceError::Input`] when an input is missing or has another number of elements; [`InferenceError::Run`] when an
    /// operation fails on the values that it got.
    pub fn run(
        &self,
        inputs: &TensorMap,
        observer: &mut dyn FnMut(&str, &Tensor),
    ) -> Result<(), InferenceError> {
        self.execute(inputs, &mut |slot, tensor| observer(&self.slots[slot].0, tensor))
    }

    /// Runs the program once and returns tensors in real values, f32, as TPU-MLIR's tools dump them.
    ///
    /// # Errors
    /// As [`Interpreter::run`].
    pub fn run_all(&self, inputs: &TensorMap, dump: Dump) -> Result<TensorMap, InferenceError> {
        self.collect(inputs, dump, |info, tensor| match info.quantisation {
            Some(quantisation) => quantisation.dequantise(tensor),
            None => Tensor::F32(tensor.to_f32().into_owned()),
        })
    }

    /// Runs the program once: what it returns, in order, in real values.
    ///
    /// # Errors
    /// As [`Interpreter::run`].
    pub fn run_outputs(&self, inputs: &TensorMap) -> Result<Vec<Tensor>, InferenceError> {
        let found = self.run_all(inputs, Dump::Outputs)?;
        Ok(self
            .output_names()
            .filter_map(|name| found.get(name).cloned())
            .collect())
    }

    /// As [`Interpreter::run_all`], but tensors as they are stored: `int8` and `uint8` where the program is quantised.
    ///
    /// # Errors
    /// As [`Interpreter::run`].
    pub fn run_stored(&self, inputs: &TensorMap, dump: Dump) -> Result<TensorMap, InferenceError> {
        self.collect(inputs, dump, |_, tensor| tensor.clone())
    }

    fn collect(
        &self,
        inputs: &TensorMap,
        dump: Dump,
        convert: impl Fn(&ValueInfo, &Tensor) -> Tensor,
    ) -> Result<TensorMap, InferenceError> {
        let mut order: Vec<usize> = Vec::new();
        match dump {
            Dump::All => order.extend(0..self.slots.len()),
            Dump::Outputs => {
                for slot in &self.outputs {
                    order.push(*slot);
                    order.extend(self.cast_from.get(slot));
                }
            }
        }
        let mut found: Vec<Option<Tensor>> = vec![None; self.slots.len()];
        self.execute(inputs, &mut |slot, tensor| {
            if dump == Dump::All || order.contains(&slot) {
                found[slot] = Some(convert(&self.slots[slot].1, tensor));
            }
        })?;
        let mut result = TensorMap::new();
        for slot in order {
            if let Some(tensor) = found[slot].take() {
                result.insert(self.slots[slot].0.clone(), tensor);
            }
        }
        Ok(result)
    }

    /// The program's inputs and their slots, in order, converted to the types that it wants.
    ///
    /// # Errors
    /// [`InferenceError::Input`] when an input is missing or has another number of elements.
    pub fn input_values(&self, inputs: &TensorMap) -> Result<Vec<(usize, Arc<Tensor>)>, InferenceError> {
        let only = self.inputs.len() == 1 && inputs.len() == 1;
        let mut values = Vec::with_capacity(self.inputs.len());
        for (name, input) in &self.inputs {
            let tensor = if only {
                inputs.values().next()
            } else {
                inputs.get(name)
            };
            let tensor = tensor.ok_or_else(|| {
                let given: Vec<&str> = inputs.keys().map(String::as_str).collect();
                InferenceError::Input(format!(
                    "the program needs an input '{name}'; given: {}",
                    given.join(", ")
                ))
            })?;
            values.push((input.slot, Arc::new(input.convert(name, tensor)?)));
        }
        Ok(values)
    }

    /// Number of steps: operations that compute something.
    pub fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// Slots that a step reads, each once, in the order of the operands.
    pub fn step_inputs(&self, step: usize) -> Vec<usize> {
        let mut slots = Vec::new();
        for operand in &self.steps[step].operands {
            if let Operand::Slot(slot) = operand
                && !slots.contains(slot)
            {
                slots.push(*slot);
            }
        }
        slots
    }

    /// Slots that a step writes.
    pub fn step_results(&self, step: usize) -> &[usize] {
        &self.steps[step].results
    }

    /// Slots that nobody reads after a step.
    pub fn step_last_uses(&self, step: usize) -> &[usize] {
        &self.steps[step].last_uses
    }

    /// Slots of what the program returns, in order.
    pub fn output_slots(&self) -> &[usize] {
        &self.outputs
    }

    /// The slot of the tensor of this name; the last one where several have it.
    pub fn find_slot(&self, name: &str) -> Option<usize> {
        self.slots.iter().rposition(|(slot, _)| slot == name)
    }

    /// Number of slots.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Key of the tensor in a slot; `None` for a program that was planned without a pool, or has other weights now.
    pub fn slot_key(&self, slot: usize) -> Option<u64> {
        self.keys.get(slot).copied()
    }

    /// Results that are weights: slots and tensors.
    pub fn constant_slots(&self) -> &[(usize, Arc<Tensor>)] {
        &self.constants
    }

    /// Real values of a slot's tensor.
    pub fn real(&self, slot: usize, tensor: &Tensor) -> Tensor {
        match self.slots[slot].1.quantisation {
            Some(quantisation) => quantisation.dequantise(tensor),
            None => Tensor::F32(tensor.to_f32().into_owned()),
        }
    }

    /// Whether the tensor in a slot is quantised.
    pub fn is_quantised(&self, slot: usize) -> bool {
        self.slots[slot].1.quantisation.is_some()
    }

    /// Bytes of the tensor in a slot.
    pub fn slot_bytes(&self, slot: usize) -> usize {
        let info = &self.slots[slot].1;
        info.len() * info.element.dtype().size_bytes()
    }

    /// Name of the tensor in a slot.
    pub fn slot_name(&self, slot: usize) -> &str {
        &self.slots[slot].0
    }

    /// Real values as the tensor of a slot is stored: quantised where it is; `None` where they are not as many.
    pub fn stored(&self, slot: usize, real: &Tensor) -> Option<Tensor> {
        let info = &self.slots[slot].1;
        if real.len() != info.len() {
            return None;
        }
        let stored = match info.quantisation {
            Some(quantisation) => quantisation.quantise(info.element, real),
            None => Tensor::F32(real.to_f32().into_owned()),
        };
        stored.reshape(&info.shape).ok()
    }

    /// Smallest and largest real value that a quantised slot can hold; `None` for slots of real values.
    pub fn representable(&self, slot: usize) -> Option<(f64, f64)> {
        let info = &self.slots[slot].1;
        let quantisation = info.quantisation?;
        let (low, high) = match info.element {
            Element::F32 => return None,
            Element::I8 => (-128, 127),
            Element::U8 => (0, 255),
        };
        let real = |stored: i64| (stored - quantisation.zero_point) as f64 * quantisation.scale;
        Some((real(low), real(high)))
    }

    /// Runs one step on the tensors that `lookup` gives for its slots.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when the operation fails on them.
    pub fn run_step(
        &self,
        step: usize,
        lookup: &dyn Fn(usize) -> Option<Arc<Tensor>>,
    ) -> Result<Vec<Tensor>, InferenceError> {
        let step = &self.steps[step];
        step.run(&mut step.operands(lookup))
    }

    /// Packs the weights of an operation again: they were changed in the program, which is otherwise the one that this
    /// interpreter was made of. Operands that the kernel does not pack stay as they are.
    ///
    /// # Errors
    /// [`InferenceError::Program`] when the operation is not one of the program, or its weights do not suit.
    pub fn refresh(&mut self, program: &Program, op: Op) -> Result<(), InferenceError> {
        let ctx = &program.ctx;
        let wrong = |error: Diagnostic| InferenceError::Program(vec![error]);
        let name = ctx.value_name(ctx.result(op));
        let slots = &self.slots;
        let step = self
            .steps
            .iter_mut()
            .find(|step| step.results.first().is_some_and(|slot| slots[*slot].0 == name));
        let (Some(step), Some(prepare)) = (step, ops::find(ctx.op_name(op))) else {
            return Err(wrong(op_error(ctx, op, "is not executed by this interpreter")));
        };
        step.kernel = Arc::new(prepare(&Node::new(program, op)).map_err(wrong)?);
        self.keys.clear();
        Ok(())
    }

    /// A faster way to run a step that reads one slot, its first operand, on that tensor rounded to an integer grid; `None`
    /// where there is none.
    pub fn step_on_grid(&self, step: usize) -> Option<Box<OnGrid>> {
        let step = &self.steps[step];
        let is_only_slot = match step.operands.as_slice() {
            [Operand::Slot(_), rest @ ..] => rest.iter().all(|operand| !matches!(operand, Operand::Slot(_))),
            _ => false,
        };
        step.kernel.on_grid().filter(|_| is_only_slot)
    }

    /// The error of a step that failed in another way than by [`Interpreter::run_step`].
    pub fn step_error(&self, step: usize, message: &str) -> InferenceError {
        self.steps[step].error(message)
    }

    fn execute(
        &self,
        inputs: &TensorMap,
        observer: &mut dyn FnMut(usize, &Tensor),
    ) -> Result<(), InferenceError> {
        let mut spare = Spare::default();
        let mut values: Vec<Option<Arc<Tensor>>> = vec![None; self.slots.len()];
        for (slot, tensor) in self.input_values(inputs)? {
            observer(slot, &tensor);
            values[slot] = Some(tensor);
        }
        for (slot, tensor) in &self.constants {
            observer(*slot, tensor);
        }
        for step in &self.steps {
            let operands = step.operands(&|slot| values[slot].clone());
            for slot in &step.last_uses {
                values[*slot] = None;
            }
            let mut operands = operands.with_spare(spare);
            let results = step.run(&mut operands)?;
            spare = operands.take_spare();
            spare.keep(operands);
            for (slot, tensor) in step.results.iter().zip(results) {
                observer(*slot, &tensor);
                if !step.last_uses.contains(slot) {
                    values[*slot] = Some(Arc::new(tensor));
                }
            }
        }
        Ok(())
    }
}

impl Input {
    /// A given tensor in the type and shape of the input.
    fn convert(&self, name: &str, tensor: &Tensor) -> Result<Tensor, InferenceError> {
        if tensor.len() != self.info.len() {
            return Err(InferenceError::Input(format!(
                "input '{name}' has shape {:?}, the program needs {:?}",
                tensor.shape(),
                self.info.shape
            )));
        }
        let bytes = matches!(tensor, Tensor::I8(_) | Tensor::U8(_));
        let converted = match self.info.quantisation {
            Some(quantisation) if !bytes => quantisation.quantise(self.info.element, tensor),
            _ => match self.info.element {
                Element::F32 => Tensor::F32(tensor.to_f32().into_owned()),
                Element::I8 => Tensor::I8(tensor.to_f32().mapv(|value| value as i8)),
                Element::U8 => Tensor::U8(tensor.to_f32().mapv(|value| value as u8)),
            },
        };
        let converted = Arc::unwrap_or_clone(normalise(Arc::new(converted)));
        converted
            .reshape(&self.info.shape)
            .map_err(|error| InferenceError::Input(format!("input '{name}': {error}")))
    }
}

/// A weight in the shape of its type: archives may hold it in one dimension.
fn shaped(ctx: &Context, value: Value, tensor: Arc<Tensor>) -> Result<Arc<Tensor>, String> {
    let info = value_info(ctx, ctx.value_type(value))?;
    if tensor.shape() == info.shape {
        return Ok(tensor);
    }
    let found = tensor.shape().to_vec();
    Arc::unwrap_or_clone(tensor)
        .reshape(&info.shape)
        .map(Arc::new)
        .map_err(|_| {
            format!(
                "has a weight '{}' of shape {found:?}, its type says {:?}",
                ctx.value_name(value),
                info.shape
            )
        })
}

impl Plan<'_> {
    /// A slot for a value; `None` (and a diagnostic) when its type cannot be executed.
    fn slot(&mut self, ctx: &Context, op: Op, value: Value) -> Option<usize> {
        match value_info(ctx, ctx.value_type(value)) {
            Ok(info) => {
                self.slots.push((ctx.value_name(value).to_owned(), info));
                self.slot_of.insert(value, self.slots.len() - 1);
                Some(self.slots.len() - 1)
            }
            Err(error) => {
                self.found.push(op_error(ctx, op, error));
                None
            }
        }
    }

    fn input(&mut self, ctx: &Context, op: Op) {
        let Some(slot) = self.slot(ctx, op, ctx.result(op)) else {
            return;
        };
        let info = self.slots[slot].1.clone();
        if self.pool.is_some() {
            let ty = type_text(ctx, ctx.value_type(ctx.result(op)));
            self.keys.push(input_key(ctx.name(op), &ty));
        }
        self.inputs.insert(ctx.name(op).to_owned(), Input { slot, info });
    }

    fn step(&mut self, program: &Program, op: Op) {
        let ctx = &program.ctx;
        let Some(prepare) = ops::find(ctx.op_name(op)) else {
            self.found
                .push(op_error(ctx, op, "has no kernel for inference on the host"));
            for value in ctx.results(op) {
                if !ctx.is_none(*value) && self.slot(ctx, op, *value).is_some() && self.pool.is_some() {
                    self.keys.push(0);
                }
            }
            return;
        };
        let identity = self.pool.and_then(|pool| pool.identity(program, op));
        let known = self
            .pool
            .zip(identity)
            .and_then(|(pool, identity)| pool.get(identity));
        let (prepared, taken) = match known {
            Some(shared) => (Ok(shared.kernel), shared.taken),
            None => {
                let node = Node::new(program, op);
                let prepared = prepare(&node).map(Arc::new);
                let taken: Arc<[usize]> = node.taken().into();
                if let (Some(pool), Some(identity), Ok(kernel)) = (self.pool, identity, &prepared) {
                    let (kernel, taken) = (kernel.clone(), taken.clone());
                    pool.insert(identity, Shared { kernel, taken });
                }
                (prepared, taken)
            }
        };
        let mut operands = Vec::new();
        for (index, value) in ctx.operands(op).iter().enumerate() {
            if ctx.is_none(*value) || taken.contains(&index) {
                operands.push(Operand::None);
                continue;
            }
            if let Some(slot) = self.slot_of.get(value) {
                operands.push(Operand::Slot(*slot));
                continue;
            }
            match program.weight(*value) {
                Ok(Some(tensor)) => match shaped(ctx, *value, normalise(tensor)) {
                    Ok(tensor) => operands.push(Operand::Constant(tensor)),
                    Err(error) => self.found.push(op_error(ctx, op, error)),
                },
                Ok(None) => operands.push(Operand::None),
                Err(error) => {
                    self.found
                        .push(op_error(ctx, op, format_args!("cannot have its weight: {error}")));
                }
            }
        }
        let mut results = Vec::new();
        for value in ctx.results(op) {
            if !ctx.is_none(*value)
                && let Some(slot) = self.slot(ctx, op, *value)
            {
                results.push(slot);
            }
        }
        if self.pool.is_some() {
            // Weights are a part of the identity; an operation without one fails below.
            let read: Vec<u64> = operands
                .iter()
                .map(|operand| match operand {
                    Operand::Slot(slot) => self.keys[*slot],
                    Operand::None | Operand::Constant(_) => 0,
                })
                .collect();
            for index in 0..results.len() {
                self.keys.push(result_key(identity.unwrap_or(0), &read, index));
            }
        }
        match prepared {
            Ok(kernel) => self.steps.push(Step {
                kernel,
                about: op_error(ctx, op, ""),
                operands,
                results,
                last_uses: Vec::new(),
            }),
            Err(error) => self.found.push(error),
        }
    }
}
