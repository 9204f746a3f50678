//! Collects nodes and constants.

use super::super::ExportError;
use super::super::proto::{Names, float, int, ints, tensor, value_info};
use crate::data::Tensor;
use crate::import::onnx::schema::{AttributeProto, GraphProto, NodeProto};
use crate::program::Program;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use tpuc_dialects::ir::{Context, Op, Value};

/// ONNX's numbers of element types.
pub const FLOAT: i64 = 1;
/// 64-bit integers.
pub const INT64: i64 = 7;
/// Truth values.
pub const BOOL: i64 = 9;

/// A graph under construction.
pub struct Writer<'p> {
    /// The program that it is made of.
    pub program: &'p Program,
    /// What there is so far.
    pub graph: GraphProto,
    /// The first weight that could not be read.
    pub failed: Option<ExportError>,
    names: FxHashMap<Value, String>,
    used: Names,
}

impl<'p> Writer<'p> {
    /// An empty graph.
    pub fn new(program: &'p Program) -> Self {
        let mut writer = Self {
            program,
            graph: GraphProto::default(),
            failed: None,
            names: FxHashMap::default(),
            used: Names::default(),
        };
        // The program's own names first, so that none of them has to give way.
        let ctx = &program.ctx;
        for op in program.main().map(|main| main.ops(ctx)).unwrap_or_default() {
            if ctx.is(op, "top.Weight") || ctx.is(op, "top.None") {
                continue;
            }
            for value in ctx.results(op) {
                if !ctx.is_none(*value) {
                    let name = writer.used.unique(ctx.value_name(*value));
                    writer.names.insert(*value, name);
                }
            }
        }
        writer
    }

    /// The program's operations and types.
    pub fn ctx(&self) -> &'p Context {
        &self.program.ctx
    }

    /// An input of the network.
    pub fn input(&mut self, op: Op) {
        let value = self.ctx().result(op);
        if let Some(name) = self.names.get(&value).cloned() {
            let info = value_info(self.ctx(), value, name, true);
            self.graph.input.push(info);
        }
    }

    /// What the network returns.
    ///
    /// # Errors
    /// When it returns a value of type `none`.
    pub fn outputs(&mut self, op: Op) -> Result<(), String> {
        for value in self.ctx().operands(op).to_vec() {
            let name = self
                .value(value)
                .ok_or("the network returns nothing in one place")?;
            let info = value_info(self.ctx(), value, name, true);
            self.graph.output.push(info);
        }
        Ok(())
    }

    /// The name of a value; weights become constants when they are first used. `None` for values of type `none`.
    pub fn value(&mut self, value: Value) -> Option<String> {
        if let Some(name) = self.names.get(&value) {
            return Some(name.clone());
        }
        let weight = self.weight(value)?;
        let name = self.used.unique(self.ctx().value_name(value));
        self.graph.initializer.push(tensor(&name, &weight));
        self.names.insert(value, name.clone());
        Some(name)
    }

    /// A weight's numbers in the shape of its type; `None` if the value is none, or it cannot be read (which is kept).
    pub fn weight(&mut self, value: Value) -> Option<Tensor> {
        match self.program.weight(value) {
            Ok(weight) => {
                let weight = Tensor::F32(Arc::unwrap_or_clone(weight?).into_f32());
                let dims: Vec<usize> = self.shape(value).iter().map(|dim| *dim as usize).collect();
                match weight.reshape(&dims) {
                    Ok(weight) => Some(weight),
                    Err(error) => {
                        let name = self.ctx().value_name(value);
                        self.failed
                            .get_or_insert(ExportError::Program(format!("weight '{name}': {error}")));
                        None
                    }
                }
            }
            Err(error) => {
                self.failed.get_or_insert(error.into());
                None
            }
        }
    }

    /// A value's shape.
    pub fn shape(&self, value: Value) -> Vec<i64> {
        self.ctx().shape(value).unwrap_or_default().to_vec()
    }

    /// The value of an operand, unless it is left out or `none`.
    pub fn operand_value(&self, op: Op, index: usize) -> Option<Value> {
        let value = *self.ctx().operands(op).get(index)?;
        (!self.ctx().is_none(value)).then_some(value)
    }

    /// The name of an operand, unless it is left out or `none`.
    pub fn optional(&mut self, op: Op, index: usize) -> Option<String> {
        let value = self.operand_value(op, index)?;
        self.value(value)
    }

    /// The name of an operand.
    ///
    /// # Errors
    /// When it is left out.
    pub fn operand(&mut self, op: Op, index: usize) -> Result<String, String> {
        self.optional(op, index)
            .ok_or_else(|| format!("lacks operand {index}"))
    }

    /// An operand's shape; empty if it is left out.
    pub fn operand_shape(&self, op: Op, index: usize) -> Vec<i64> {
        self.operand_value(op, index)
            .map(|value| self.shape(value))
            .unwrap_or_default()
    }

    /// The name of a result, unless it is `none`.
    pub fn result(&self, op: Op, index: usize) -> Option<String> {
        let value = self.ctx().results(op).get(index)?;
        self.names.get(value).cloned()
    }

    /// A result's shape.
    pub fn result_shape(&self, op: Op, index: usize) -> Vec<i64> {
        self.ctx()
            .results(op)
            .get(index)
            .map(|value| self.shape(*value))
            .unwrap_or_default()
    }

    /// A name that nothing has.
    pub fn temp(&mut self, wanted: &str) -> String {
        self.used.unique(wanted)
    }

    /// Adds a node with these inputs and outputs.
    pub fn node(&mut self, kind: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        self.graph.node.push(NodeProto {
            op_type: Some(kind.to_owned()),
            input: owned(inputs),
            output: owned(outputs),
            attribute,
            ..NodeProto::default()
        });
    }

    /// Adds a node whose result has a name of its own, which is returned.
    pub fn step(&mut self, kind: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> String {
        let near = inputs.first().copied().unwrap_or("value");
        let name = self.temp(&format!("{near}/{kind}"));
        self.node(kind, inputs, &[&name], attribute);
        name
    }

    /// A constant of numbers.
    pub fn floats(&mut self, near: &str, dims: &[i64], values: Vec<f32>) -> String {
        let dims: Vec<usize> = dims
            .iter()
            .map(|dim| usize::try_from(*dim).unwrap_or(0))
            .collect();
        let name = self.temp(near);
        match Tensor::from_vec(&dims, values) {
            Ok(constant) => self.graph.initializer.push(tensor(&name, &constant)),
            Err(error) => {
                self.failed.get_or_insert(ExportError::Program(error.to_string()));
            }
        }
        name
    }

    /// A constant of one number, without dimensions.
    pub fn scalar(&mut self, near: &str, value: f64) -> String {
        self.floats(&format!("{near}/const"), &[], vec![value as f32])
    }

    /// A constant list of whole numbers.
    pub fn ints(&mut self, near: &str, values: &[i64]) -> String {
        let name = self.temp(near);
        match Tensor::from_vec(&[values.len()], values.to_vec()) {
            Ok(constant) => self.graph.initializer.push(tensor(&name, &constant)),
            Err(error) => {
                self.failed.get_or_insert(ExportError::Program(error.to_string()));
            }
        }
        name
    }

    /// A weight as a constant of another shape; a node where it is computed.
    ///
    /// # Errors
    /// When the numbers of elements differ.
    pub fn reshaped(&mut self, op: Op, index: usize, dims: &[i64]) -> Result<Option<String>, String> {
        let Some(value) = self.operand_value(op, index) else {
            return Ok(None);
        };
        if self.shape(value) == dims {
            return Ok(self.value(value));
        }
        let near = self.ctx().value_name(value).to_owned();
        if let Some(weight) = self.weight(value) {
            let values: Vec<f32> = weight.to_f32().iter().copied().collect();
            if values.len() as i64 != dims.iter().product::<i64>() {
                return Err(format!(
                    "has {} numbers in operand {index}, where {dims:?} are wanted",
                    values.len()
                ));
            }
            return Ok(Some(self.floats(&near, dims, values)));
        }
        let name = self.operand(op, index)?;
        Ok(Some(self.reshape(&name, dims)))
    }

    /// A tensor in another shape.
    pub fn reshape(&mut self, name: &str, dims: &[i64]) -> String {
        let shape = self.ints(&format!("{name}/shape"), dims);
        self.step("Reshape", &[name, &shape], vec![])
    }

    /// A tensor in another shape, under a name.
    pub fn reshape_to(&mut self, name: &str, dims: &[i64], out: &str) {
        let shape = self.ints(&format!("{out}/shape"), dims);
        self.node("Reshape", &[name, &shape], &[out], vec![]);
    }

    /// A tensor with its dimensions in another order.
    pub fn transpose(&mut self, name: &str, order: &[i64]) -> String {
        self.step("Transpose", &[name], vec![ints("perm", order)])
    }

    /// A tensor cast to an element type.
    pub fn cast(&mut self, name: &str, to: i64) -> String {
        self.step("Cast", &[name], vec![int("to", to)])
    }

    /// A tensor cast to numbers, under a name.
    pub fn cast_to_float(&mut self, name: &str, out: &str) {
        self.node("Cast", &[name], &[out], vec![int("to", FLOAT)]);
    }

    /// An operand of whole numbers as ONNX wants them: 64-bit integers.
    ///
    /// # Errors
    /// When it is left out.
    pub fn indices(&mut self, op: Op, index: usize) -> Result<String, String> {
        let value = self
            .operand_value(op, index)
            .ok_or_else(|| format!("lacks operand {index}"))?;
        if let Some(weight) = self.weight(value) {
            let near = self.ctx().value_name(value).to_owned();
            let values: Vec<i64> = weight.to_f32().iter().map(|value| *value as i64).collect();
            let name = self.temp(&near);
            if let Ok(constant) = Tensor::from_vec(weight.shape(), values) {
                self.graph.initializer.push(tensor(&name, &constant));
            }
            return Ok(name);
        }
        let name = self.operand(op, index)?;
        Ok(self.cast(&name, INT64))
    }

    /// A whole number of the operation.
    pub fn i64(&self, op: Op, name: &str, default: i64) -> i64 {
        self.ctx().get_i64(op, name).unwrap_or(default)
    }

    /// A real number of the operation.
    pub fn f64(&self, op: Op, name: &str, default: f64) -> f64 {
        self.ctx().get_f64(op, name).unwrap_or(default)
    }

    /// A flag of the operation.
    pub fn flag(&self, op: Op, name: &str, default: bool) -> bool {
        self.ctx().get_bool(op, name).unwrap_or(default)
    }

    /// Whole numbers of the operation.
    pub fn i64s(&self, op: Op, name: &str) -> Vec<i64> {
        self.ctx().get_i64s(op, name).unwrap_or_default()
    }

    /// A word of the operation.
    pub fn word(&self, op: Op, name: &str) -> String {
        self.ctx().get_str(op, name).unwrap_or_default().to_owned()
    }

    /// A number of the operation as an attribute of ONNX.
    pub fn float_attribute(&self, op: Op, name: &str, default: f64) -> AttributeProto {
        float(name, self.f64(op, name, default))
    }
}
