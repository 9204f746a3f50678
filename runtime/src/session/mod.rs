//! Runs a bmodel: weights and inputs into the device's memory, commands and host layers, outputs back.
//!
//! A [`Session`] keeps the model parsed and the weights in place, so that repeated runs cost only the execution.

pub mod check;
mod device;
mod dump;
mod error;
mod plan;
mod tensor;
mod trace;

pub use device::{Device, Done, MemoryView, Observer};
pub(crate) use dump::parse as parse_locations;
pub use error::Error;
pub use tensor::{HostTensor, HostType};
pub use trace::Trace;

use crate::bmodel::{Bmodel, Stage, Tensor, cpu_layer};
use crate::host::interpreter::{Program, Value};
use crate::host::{gather_elements, gather_nd};
use crate::isa::memory_map::{DDR_BASE, MAX_DDR_BYTES};
use crate::profile::{OperationNames, Profile, ProfileError};
use dump::Dump;
use plan::{Step, check_model, memory_ranges, plan_stage};
use std::ops::Range;
use std::path::Path;
use tensor::{from_elements, pack, to_elements, unpack};

/// How outputs are returned.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Leave 8-bit outputs as they are instead of converting them to units.
    pub fixed_outputs: bool,
    /// Return the net's inner tensors in front of its outputs, as far as the bmodel tells where they are.
    pub dump_tensors: bool,
}

/// A bmodel ready to run on a device.
pub struct Session<D> {
    model: Bmodel,
    net: usize,
    plans: Vec<Option<Vec<Step>>>,
    device: D,
    stage_in_memory: Option<usize>,
    tensor_locations: Option<Vec<u8>>,
}

/// Bytes of DDR that a model needs, counted from its base address; at most what a chip can have.
#[must_use]
pub fn ddr_bytes(model: &Bmodel) -> u64 {
    let stages = model.nets.iter().flat_map(|net| &net.stages);
    let ends = stages
        .flat_map(memory_ranges)
        .map(|(_, address, bytes)| address.saturating_add(bytes).saturating_sub(DDR_BASE));
    ends.max().unwrap_or(0).min(MAX_DDR_BYTES)
}

impl<D: Device> Session<D> {
    /// Reads a file and prepares its first net.
    pub fn open_on(path: &Path, device: D) -> Result<Self, Error> {
        Self::new(Bmodel::read(path)?, device)
    }

    /// Prepares a model's first net.
    pub fn new(model: Bmodel, device: D) -> Result<Self, Error> {
        check_model(&model)?;
        let mut session = Self {
            model,
            net: 0,
            plans: Vec::new(),
            device,
            stage_in_memory: None,
            tensor_locations: None,
        };
        session.use_net(0)?;
        Ok(session)
    }

    /// Switches to the net of that name.
    pub fn select_net(&mut self, name: &str) -> Result<(), Error> {
        let there = |model: &Bmodel| model.nets.iter().map(|net| net.name.clone()).collect();
        let position = self.model.nets.iter().position(|net| net.name == name);
        let net = position.ok_or_else(|| Error::NoSuchNet {
            wanted: name.to_owned(),
            there: there(&self.model),
        })?;
        self.use_net(net)
    }

    fn use_net(&mut self, net: usize) -> Result<(), Error> {
        let content = &self.model.nets[net];
        if content.stages.is_empty() {
            return Err(Error::Inconsistent(format!(
                "net `{}` has no stage",
                content.name
            )));
        }
        // A net of one stage is checked now, others when the stage is chosen.
        let mut plans = vec![None; content.stages.len()];
        if let [stage] = &content.stages[..] {
            plans[0] = Some(plan_stage(content, stage)?);
        }
        (self.net, self.plans, self.stage_in_memory) = (net, plans, None);
        Ok(())
    }

    /// Uses this list of tensor locations (`docs/bmodel.md`) instead of the one embedded in the bmodel.
    pub fn set_tensor_locations(&mut self, json: Vec<u8>) {
        self.tensor_locations = Some(json);
    }

    /// The model.
    pub fn model(&self) -> &Bmodel {
        &self.model
    }

    /// The device, for looking at its memory.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device, to change its settings.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// Absolute DDR addresses that the net's stages use: weights, inner memory, inputs and outputs.
    pub fn ddr_window(&self) -> Range<u64> {
        let (mut first, mut end) = (u64::MAX, DDR_BASE);
        for (_, start, bytes) in self.stages().iter().flat_map(memory_ranges) {
            first = first.min(start);
            end = end.max(start.saturating_add(bytes));
        }
        first.clamp(DDR_BASE, end)..end
    }

    /// Name of the net that runs.
    pub fn net_name(&self) -> &str {
        &self.model.nets[self.net].name
    }

    fn stages(&self) -> &[Stage] {
        &self.model.nets[self.net].stages
    }

    /// Inputs of the net's first stage; other stages differ only in shape.
    pub fn inputs(&self) -> &[Tensor] {
        &self.stages()[0].inputs
    }

    /// Outputs of the net's first stage.
    pub fn outputs(&self) -> &[Tensor] {
        &self.stages()[0].outputs
    }

    /// The time line of the stage that ran last, or of the first one. No run is needed for it.
    pub fn profile(&self) -> Result<Profile, ProfileError> {
        let stage = &self.stages()[self.stage_in_memory.unwrap_or(0)];
        let locations = self.tensor_locations.as_deref().or(stage.tensor_loc.as_deref());
        let names = locations.map(OperationNames::from_locations).unwrap_or_default();
        Profile::of_stage(stage, &names)
    }

    /// Runs the net. Inputs are found by name and converted (module documentation of the tensors), further tensors are
    /// ignored; outputs come in the net's order.
    pub fn run(&mut self, inputs: &[HostTensor]) -> Result<Vec<HostTensor>, Error> {
        self.run_with(inputs, RunOptions::default(), None)
    }

    /// Chooses the stage by the shapes of the inputs and puts weights and inputs into memory, without executing
    /// anything: memory as the first command finds it. Gives the stage.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn place(&mut self, inputs: &[HostTensor]) -> Result<usize, Error> {
        let stage = self.choose_stage(inputs)?;
        self.load(stage)?;
        self.write_inputs(stage, inputs)?;
        Ok(stage)
    }

    /// As [`Session::run`], with options, and with a function that is called after each command.
    pub fn run_with(
        &mut self,
        inputs: &[HostTensor],
        options: RunOptions,
        mut observer: Option<StepObserver<'_>>,
    ) -> Result<Vec<HostTensor>, Error> {
        let stage = self.place(inputs)?;
        let mut results = Vec::new();
        if options.dump_tensors {
            let mut dump = self.dump(stage, options.fixed_outputs)?;
            let mut both = |position: Position, memory: &dyn MemoryView| {
                dump.after(position, memory);
                if let Some(observer) = &mut observer {
                    observer(position, memory);
                }
            };
            self.execute(stage, Some(&mut both))?;
            results = dump.finish(&Ddr(&self.device));
            let outputs = &self.model.nets[self.net].stages[stage].outputs;
            results.retain(|tensor| outputs.iter().all(|output| output.name != tensor.name));
        } else {
            self.execute(stage, observer)?;
        }
        results.extend(self.read_outputs(stage, options)?);
        Ok(results)
    }

    fn dump(&self, stage: usize, fixed: bool) -> Result<Dump, Error> {
        let net = &self.model.nets[self.net];
        let embedded = net.stages[stage].tensor_loc.as_deref();
        let Some(json) = self.tensor_locations.as_deref().or(embedded) else {
            let message =
                "it does not tell where its inner tensors are; deploy the model with --debug to have them";
            return Err(Error::Unsupported(message.to_owned()));
        };
        if net.stages[stage]
            .subnets
            .iter()
            .any(|subnet| subnet.cmd_groups.len() > 1)
        {
            let message = "inner tensors can be taken from sub-nets with one command group only";
            return Err(Error::Unsupported(message.to_owned()));
        }
        Dump::new(json, fixed).map_err(Error::Inconsistent)
    }

    fn write_inputs(&mut self, stage: usize, inputs: &[HostTensor]) -> Result<(), Error> {
        let content = &self.model.nets[self.net].stages[stage];
        for tensor in &content.inputs {
            let elements = to_elements(find(inputs, tensor, &content.inputs)?, tensor)?;
            let written = self
                .device
                .write_ddr(tensor.device_addr, &pack(&elements, tensor));
            written.map_err(|e| failed(format!("input `{}`", tensor.name), e))?;
        }
        Ok(())
    }

    fn execute(&mut self, stage: usize, mut observer: Option<StepObserver<'_>>) -> Result<(), Error> {
        for step in self.plans[stage].as_deref().unwrap_or_default() {
            match step {
                Step::Commands { subnet, groups } => {
                    for (idx, group) in groups.iter().enumerate() {
                        let result = match &mut observer {
                            None => self.device.run(&group.tiu, &group.dma, None),
                            Some(observer) => {
                                let mut after = |done: Done, memory: &dyn MemoryView| {
                                    observer(
                                        Position {
                                            subnet: *subnet,
                                            group: idx,
                                            done,
                                        },
                                        memory,
                                    );
                                };
                                self.device.run(&group.tiu, &group.dma, Some(&mut after))
                            }
                        };
                        result.map_err(|e| failed(format!("sub-net {subnet}, command group {idx}"), e))?;
                    }
                }
                Step::Interpreter {
                    subnet,
                    program,
                    inputs,
                    outputs,
                } => {
                    interpret(&mut self.device, program, inputs, outputs)
                        .map_err(|e| failed(format!("sub-net {subnet}, interpreter"), e))?;
                }
                Step::Gather {
                    subnet,
                    layer,
                    param,
                    data,
                    indices,
                    output,
                } => {
                    gather(&mut self.device, (*layer, *param), data, indices, output)
                        .map_err(|e| failed(format!("sub-net {subnet}, host gather"), e))?;
                }
            }
        }
        Ok(())
    }

    fn read_outputs(&self, stage: usize, options: RunOptions) -> Result<Vec<HostTensor>, Error> {
        let read = |tensor: &Tensor| {
            let packed = self.device.read_ddr(tensor.device_addr, tensor.size as usize);
            let packed = packed.map_err(|e| failed(format!("output `{}`", tensor.name), e))?;
            from_elements(unpack(packed, tensor), tensor, options.fixed_outputs)
        };
        self.model.nets[self.net].stages[stage]
            .outputs
            .iter()
            .map(read)
            .collect()
    }

    fn choose_stage(&mut self, inputs: &[HostTensor]) -> Result<usize, Error> {
        let net = &self.model.nets[self.net];
        let mut mismatch = None;
        for (idx, stage) in net.stages.iter().enumerate() {
            let mut fits = true;
            for tensor in &stage.inputs {
                let given = find(inputs, tensor, &stage.inputs)?;
                if !same_shape(&given.shape, tensor.shape()) {
                    mismatch.get_or_insert_with(|| (tensor.name.clone(), given.shape.clone()));
                    fits = false;
                }
            }
            if fits {
                if self.plans[idx].is_none() {
                    self.plans[idx] = Some(plan_stage(net, stage)?);
                }
                return Ok(idx);
            }
        }
        let (name, found) = mismatch.unwrap_or_default();
        let of_stage = |stage: &Stage| {
            stage
                .inputs
                .iter()
                .find(|t| t.name == name)
                .map(|t| t.shape().to_vec())
        };
        Err(Error::Shape {
            expected: net.stages.iter().filter_map(of_stage).collect(),
            name,
            found,
        })
    }

    /// Places the weights of a stage, unless they are there already.
    fn load(&mut self, stage: usize) -> Result<(), Error> {
        if self.stage_in_memory == Some(stage) {
            return Ok(());
        }
        self.stage_in_memory = None;
        if let Some(coeff) = &self.model.nets[self.net].stages[stage].coeff {
            self.device
                .write_ddr(coeff.address, &coeff.data)
                .map_err(|e| failed("weights".to_owned(), e))?;
        }
        self.stage_in_memory = Some(stage);
        Ok(())
    }
}

/// A command that was executed, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the sub-net.
    pub subnet: i32,
    /// Command group in the sub-net.
    pub group: usize,
    /// The command.
    pub done: Done,
}

/// Called after each command of a run.
pub type StepObserver<'a> = &'a mut dyn FnMut(Position, &dyn MemoryView);

/// The global memory of a device that is not executing.
struct Ddr<'a, D>(&'a D);

impl<D: Device> MemoryView for Ddr<'_, D> {
    fn ddr(&self, address: u64, bytes: usize) -> Option<&[u8]> {
        self.0.read_ddr(address, bytes).ok()
    }

    fn lane(&self, _: usize, _: usize, _: usize) -> Option<&[u8]> {
        None
    }

    fn l2(&self, _: usize, _: usize) -> Option<&[u8]> {
        None
    }
}

fn failed(place: String, problem: String) -> Error {
    Error::Execution { place, problem }
}

fn find<'a>(given: &'a [HostTensor], wanted: &Tensor, needed: &[Tensor]) -> Result<&'a HostTensor, Error> {
    let found = given
        .iter()
        .find(|tensor| tensor.name == wanted.name)
        .ok_or_else(|| Error::MissingInput {
            name: wanted.name.clone(),
            needed: needed.iter().map(|tensor| tensor.name.clone()).collect(),
            given: given.iter().map(|tensor| tensor.name.clone()).collect(),
        })?;
    let count = found
        .shape
        .iter()
        .try_fold(found.dtype.bytes(), |bytes, dim| bytes.checked_mul(*dim));
    if count != Some(found.data.len()) {
        let message = format!(
            "tensor `{}` has {} bytes, its shape is {:?}",
            found.name,
            found.data.len(),
            found.shape
        );
        return Err(Error::Inconsistent(message));
    }
    Ok(found)
}

/// Equal, apart from dims of 1.
fn same_shape(given: &[usize], wanted: &[u64]) -> bool {
    let given = given.iter().map(|dim| *dim as u64).filter(|dim| *dim != 1);
    given.eq(wanted.iter().copied().filter(|dim| *dim != 1))
}

fn sizes(tensor: &Tensor) -> Vec<usize> {
    tensor.shape().iter().map(|dim| *dim as usize).collect()
}

fn interpret(
    device: &mut impl Device,
    program: &Program,
    inputs: &[Tensor],
    outputs: &[Tensor],
) -> Result<(), String> {
    let mut values = Vec::new();
    for tensor in inputs {
        values.push(Value {
            dtype: tensor.dtype,
            shape: sizes(tensor),
            data: unpack(device.read_ddr(tensor.device_addr, tensor.size as usize)?, tensor),
        });
    }
    let weights = |address: u64, bytes: usize| device.read_ddr(address, bytes).map(<[u8]>::to_vec);
    let made = program.run(values, &weights).map_err(|error| error.to_string())?;
    for (tensor, value) in outputs.iter().zip(made) {
        let elements = tensor.shape().iter().product::<u64>() as usize;
        if value.dtype != tensor.dtype || value.data.len() != elements * tensor.dtype.bytes() {
            return Err(format!(
                "output `{}` was made as {} of shape {:?}, the bmodel has {} of shape {:?}",
                tensor.name,
                value.dtype.name(),
                value.shape,
                tensor.dtype.name(),
                tensor.shape()
            ));
        }
        device.write_ddr(tensor.device_addr, &pack(&value.data, tensor))?;
    }
    Ok(())
}

fn gather(
    device: &mut impl Device,
    (layer, param): (i32, i32),
    data: &Tensor,
    indices: &Tensor,
    output: &Tensor,
) -> Result<(), String> {
    let source = unpack(device.read_ddr(data.device_addr, data.size as usize)?, data);
    let index_bytes = unpack(
        device.read_ddr(indices.device_addr, indices.size as usize)?,
        indices,
    );
    let values: Vec<i32> = index_bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| i32::from_le_bytes(*bytes))
        .collect();
    let function = if layer == cpu_layer::GATHER_ND {
        gather_nd
    } else {
        gather_elements
    };
    let result = function(
        &source,
        data.dtype.bytes(),
        &sizes(data),
        &values,
        &sizes(indices),
        param,
    )
    .map_err(|error| error.to_string())?;
    let packed = pack(&result, output);
    if packed.len() as u64 != output.size {
        return Err(format!(
            "output of shape {:?}, indices of shape {:?}",
            output.shape(),
            indices.shape()
        ));
    }
    device.write_ddr(output.device_addr, &packed)
}

#[cfg(test)]
mod tests;
