//! Reads an interpreter program; checks all that does not depend on shapes.

use super::layer_name;

/// Why a program cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// It ends in the middle.
    #[error("the program ends at byte {0}, in the middle of a group")]
    End(usize),
    /// Bytes are left over.
    #[error("{0} bytes are left after the last group")]
    Rest(usize),
    /// A layer that is not implemented.
    #[error(
        "layer `{name}` is not among those that this interpreter knows; compile the model for fixed shapes"
    )]
    Layer {
        /// Its name and code.
        name: String,
    },
    /// A known layer that asks for something that is not implemented.
    #[error(
        "layer `{name}` with {what}, which this interpreter does not know; compile the model for fixed shapes"
    )]
    Feature {
        /// Its name and code.
        name: String,
        /// What is asked for.
        what: String,
    },
    /// Sizes that contradict each other.
    #[error("layer `{name}` has {found} bytes where {expected} are expected")]
    Size {
        /// Its name and code.
        name: String,
        /// In the program.
        found: u32,
        /// What the layer takes.
        expected: u32,
    },
    /// A move that brings weights to local memory, or one that is not known, or too short.
    #[error("a move of kind {0}, which this interpreter does not know; compile the model for fixed shapes")]
    Move(u32),
}

/// Where indices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indices {
    /// Weights: address and number.
    Weights { address: u64, count: u32 },
    /// A tensor.
    Tensor(u32),
}

/// Arithmetic with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// A constant operand of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) arithmetic: Arithmetic,
    pub(super) value: f32,
    /// The constant is the first operand.
    pub(super) inversed: bool,
    /// `max(y, 0)`, then `min(y, limit)` if the limit is positive.
    pub(super) relu: bool,
    pub(super) limit: f32,
    /// Of 8-bit data: multiplier and right shift.
    pub(super) multiplier: u8,
    pub(super) shift: i8,
}

/// What a layer computes; operands by tensor id.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Layer {
    /// Dimensions of the input, or the input itself if it is a shape.
    Shape { input: u32, of_shape: bool },
    /// Numbers of a shape from `begin` to `end`.
    ShapeSlice {
        input: u32,
        begin: i32,
        end: i32,
        step: i32,
        to_end: bool,
        from_start: bool,
    },
    /// Numbers of a shape become a tensor.
    HostToDevice { input: u32 },
    /// Slices along an axis.
    IndexSelect { input: u32, axis: i32, indices: Indices },
    /// `input op constant`.
    ConstantBinary { input: u32, constant: Constant },
    /// Between float and 8-bit integers; codes of the bmodel's types.
    Convert { input: u32, from: u32, to: u32 },
    /// The same tensor.
    Load { input: u32 },
    /// A weight as a tensor.
    WeightAsTensor {
        address: u64,
        shape: Vec<usize>,
        dtype: u32,
    },
}

/// A layer and the tensor that it makes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) layer: Layer,
    pub(super) output: u32,
}

/// A program for the chip's interpreter.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    pub(super) steps: Vec<Step>,
}

struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    fn word(&mut self) -> Result<u32, ProgramError> {
        let word = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<4>());
        self.at += 4;
        word.map(|bytes| u32::from_le_bytes(*bytes))
            .ok_or(ProgramError::End(self.bytes.len()))
    }

    fn int(&mut self) -> Result<i32, ProgramError> {
        Ok(self.word()? as i32)
    }

    fn float(&mut self) -> Result<f32, ProgramError> {
        Ok(f32::from_bits(self.word()?))
    }

    fn long(&mut self) -> Result<u64, ProgramError> {
        let low = u64::from(self.word()?);
        Ok(low | u64::from(self.word()?) << 32)
    }

    /// A list whose length the program gives: never longer than the program.
    fn words(&mut self, count: usize) -> Result<Vec<u32>, ProgramError> {
        if count > self.bytes.len() / 4 {
            return Err(ProgramError::End(self.bytes.len()));
        }
        (0..count).map(|_| self.word()).collect()
    }

    fn skip(&mut self, bytes: u32) -> Result<(), ProgramError> {
        self.at = self.at.saturating_add(bytes as usize);
        if self.at > self.bytes.len() {
            return Err(ProgramError::End(self.bytes.len()));
        }
        Ok(())
    }
}

impl Program {
    /// Reads a program of a sub-net with so many inputs and outputs.
    ///
    /// # Errors
    /// When it is damaged, or has a layer that is not implemented.
    pub fn read(bytes: &[u8], inputs: usize, outputs: usize) -> Result<Self, ProgramError> {
        let mut words = Words { bytes, at: 0 };
        let (inputs, outputs) = (words.words(inputs)?, words.words(outputs)?);
        let groups = words.word()?;
        let mut steps = Vec::new();
        for _ in 0..groups {
            read_group(&mut words, &mut steps)?;
        }
        match bytes.len() - words.at.min(bytes.len()) {
            0 => Ok(Self {
                inputs,
                outputs,
                steps,
            }),
            rest => Err(ProgramError::Rest(rest)),
        }
    }
}

fn read_group(words: &mut Words<'_>, steps: &mut Vec<Step>) -> Result<(), ProgramError> {
    let extra = words.word()?;
    words.words(extra as usize)?;
    let timesteps = words.word()? >> 16;
    let [_, inputs, outputs, flags] = words.word()?.to_le_bytes();
    let [stages, ..] = words.word()?.to_le_bytes();
    let _largest_batch = words.word()?;
    let rows_are_split = timesteps > 1 && flags & 1 == 1;
    words.words(usize::from(inputs) * if rows_are_split { 4 } else { 1 })?;
    words.words(usize::from(outputs))?;
    if timesteps <= 1 {
        steps.push(read_layer(words, false)?);
        return Ok(());
    }
    let pipelined = stages > 1;
    // What belongs to an earlier pipeline stage comes first whatever its timestep.
    let mut staged = Vec::new();
    for _ in 0..timesteps {
        for _ in 0..words.word()? {
            let stage = if pipelined { words.word()? >> 16 } else { 0 };
            staged.push((stage, read_layer(words, true)?));
        }
        for _ in 0..words.word()? {
            let stage = if pipelined { words.word()? >> 16 } else { 0 };
            staged.extend(read_move(words)?.map(|step| (stage, step)));
        }
    }
    staged.sort_by_key(|(stage, _)| *stage);
    steps.extend(staged.into_iter().map(|(_, step)| step));
    Ok(())
}

/// Loads give a tensor another id. Stores, and moves in global memory, say nothing new: values are found by their ids.
fn read_move(words: &mut Words<'_>) -> Result<Option<Step>, ProgramError> {
    let kind = words.word()?;
    let size = words.word()?;
    // Words before the id and the loaded tensor's, and whether both are alone in their words.
    let (before, alone) = match kind {
        0 => (1, false),
        2 => (3, false),
        13 => (4, true),
        1 | 3 | 7 | 8 | 10 | 12 => {
            words.skip(size)?;
            return Ok(None);
        }
        _ => return Err(ProgramError::Move(kind)),
    };
    let end = words.at.saturating_add(size as usize);
    words.words(before)?;
    let (output, input) = if alone {
        let id = words.word()?;
        words.word()?;
        (id, words.word()?)
    } else {
        (words.word()? & 0xffff, words.word()? & 0xffff)
    };
    let read = end.checked_sub(words.at).ok_or(ProgramError::Move(kind))?;
    words.skip(read as u32)?;
    Ok((input != output).then(|| Step {
        name: "load".to_owned(),
        layer: Layer::Load { input },
        output,
    }))
}

/// A tensor's id; in a layer of one timestep it says whether it is the network's, else its address follows.
fn tensor(words: &mut Words<'_>, local: bool) -> Result<u32, ProgramError> {
    if local {
        let id = words.word()?;
        words.word()?;
        return Ok(id);
    }
    let is_border = words.word()? != 0;
    let id = words.word()?;
    if !is_border {
        words.long()?;
    }
    Ok(id)
}

fn read_layer(words: &mut Words<'_>, local: bool) -> Result<Step, ProgramError> {
    let code = words.word()?;
    let name = layer_name(code);
    let data_size = words.word()?;
    let _store_modes = (words.word()?, words.word()?);
    let size = words.word()?;
    let feature = |what: String| ProgramError::Feature {
        name: name.clone(),
        what,
    };
    let expect = |expected: u32| {
        if size == expected {
            return Ok(());
        }
        Err(ProgramError::Size {
            name: name.clone(),
            found: size,
            expected,
        })
    };
    if local && !matches!(code, 32 | 74) {
        return Err(ProgramError::Layer {
            name: format!("{name} in local memory"),
        });
    }
    let (layer, output) = match code {
        32 => {
            expect(24)?;
            let constant = read_constant(words, data_size, &name)?;
            let input = tensor(words, local)?;
            let output = output(words, local, data_size == 2)?;
            (Layer::ConstantBinary { input, constant }, output)
        }
        38 => {
            expect(4)?;
            let is_shape = words.word()? != 0;
            let input = if is_shape {
                words.word()?
            } else {
                tensor(words, false)?
            };
            let layer = Layer::Shape {
                input,
                of_shape: is_shape,
            };
            (layer, words.word()?)
        }
        41 => {
            expect(128)?;
            let packed = words.word()?;
            let lists: [Vec<u32>; 3] = [words.words(8)?, words.words(8)?, words.words(8)?];
            let rank = words.word()?;
            let [begin_mask, end_mask, shrink, new_axis, ellipsis, dynamic] = [
                words.word()?,
                words.word()?,
                words.word()?,
                words.word()?,
                words.word()?,
                words.word()?,
            ];
            if packed != 0 || rank != 1 || shrink | new_axis | ellipsis | dynamic != 0 || lists[2][0] == 0 {
                return Err(feature(format!("rank {rank} and other options")));
            }
            let input = words.word()?;
            let layer = Layer::ShapeSlice {
                input,
                begin: lists[0][0] as i32,
                end: lists[1][0] as i32,
                step: lists[2][0] as i32,
                from_start: begin_mask & 1 == 1,
                to_end: end_mask & 1 == 1,
            };
            (layer, words.word()?)
        }
        74 => {
            expect(20)?;
            let (from, to) = (words.word()?, words.word()?);
            words.words(2)?;
            let rounding = words.word()?;
            if rounding != 0 {
                return Err(feature(format!("rounding {rounding}")));
            }
            let input = tensor(words, local)?;
            (Layer::Convert { input, from, to }, output(words, local, true)?)
        }
        77 => {
            expect(0)?;
            let extra = words.word()?;
            // The upper byte is a version.
            words.skip(extra & 0xff_ffff)?;
            let input = words.word()?;
            (Layer::HostToDevice { input }, tensor(words, false)?)
        }
        96 => {
            expect(24)?;
            let axis = words.int()?;
            words.words(3)?;
            let is_weight = words.word()? != 0;
            let count = words.word()?;
            let input = tensor(words, false)?;
            let indices = if is_weight {
                Indices::Weights {
                    address: words.long()?,
                    count,
                }
            } else {
                Indices::Tensor(tensor(words, false)?)
            };
            let layer = Layer::IndexSelect { input, axis, indices };
            (layer, tensor(words, false)?)
        }
        100 => {
            expect(40)?;
            let dims = words.words(8)?;
            let (rank, dtype) = (words.word()? as usize, words.word()?);
            let shape = dims
                .get(..rank)
                .ok_or_else(|| feature(format!("rank {rank}")))?
                .iter()
                .map(|dim| *dim as usize)
                .collect();
            let address = words.long()?;
            let layer = Layer::WeightAsTensor {
                address,
                shape,
                dtype,
            };
            (layer, tensor(words, false)?)
        }
        _ => return Err(ProgramError::Layer { name }),
    };
    Ok(Step { name, layer, output })
}

/// The result's tensor; in local memory followed by a buffer's address where the layer takes one, and the number of uses.
fn output(words: &mut Words<'_>, local: bool, buffer: bool) -> Result<u32, ProgramError> {
    let id = tensor(words, local)?;
    if local {
        words.skip(if buffer { 8 } else { 4 })?;
    }
    Ok(id)
}

fn read_constant(words: &mut Words<'_>, data_size: u32, name: &str) -> Result<Constant, ProgramError> {
    let value = words.float()?;
    let code = words.word()?;
    let [inversed, relu, ..] = words.word()?.to_le_bytes();
    let limit = words.float()?;
    let [multiplier, _, shift, _] = words.word()?.to_le_bytes();
    words.word()?;
    let feature = |what: String| ProgramError::Feature {
        name: name.to_owned(),
        what,
    };
    let arithmetic = match code {
        0 => Arithmetic::Add,
        1 => Arithmetic::Subtract,
        2 => Arithmetic::Multiply,
        other => return Err(feature(format!("arithmetic {other}"))),
    };
    let on_bytes = match data_size {
        0 => false,
        2 => true,
        other => return Err(feature(format!("data size {other}"))),
    };
    // Of sums of bytes it is not known how the constant is rounded.
    if on_bytes && (arithmetic != Arithmetic::Multiply || inversed != 0) {
        return Err(feature(format!("arithmetic {code} on bytes")));
    }
    Ok(Constant {
        arithmetic,
        value,
        inversed: inversed != 0,
        relu: relu != 0,
        limit,
        multiplier,
        shift: shift as i8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// One group with one layer of this code.
    fn one_layer(code: u32, rest: &[u32]) -> Vec<u8> {
        let mut words = vec![0, 1, 1, 0, 1 << 16, 0x2201_01ff, 1, 1, 0, 0x1_0001, code];
        words.extend(rest);
        bytes(&words)
    }

    #[test]
    fn a_layer_that_is_not_known_is_named() {
        let error = Program::read(&one_layer(57, &[0; 5]), 1, 1).unwrap_err();
        assert!(error.to_string().contains("top k (57)"), "{error}");
        let error = Program::read(&one_layer(4000, &[0; 5]), 1, 1).unwrap_err();
        assert!(error.to_string().contains("kind 4000"), "{error}");
    }

    #[test]
    fn damaged_programs_are_refused() {
        let good = one_layer(38, &[0, 0, 0, 4, 0, 1, 0, 1]);
        let program = Program::read(&good, 1, 1).unwrap();
        assert_eq!(program.steps.len(), 1);
        let shape = Layer::Shape {
            input: 0,
            of_shape: false,
        };
        assert_eq!(program.steps[0].layer, shape);
        for end in 0..good.len() {
            assert!(Program::read(&good[..end], 1, 1).is_err(), "{end} bytes");
        }
        let mut long = good.clone();
        long.extend([0; 4]);
        assert_eq!(Program::read(&long, 1, 1), Err(ProgramError::Rest(4)));
        let many = one_layer(38, &[0, 0, 0, 5, 0, 1, 0, 1]);
        assert!(matches!(
            Program::read(&many, 1, 1),
            Err(ProgramError::Size { .. })
        ));
        assert!(Program::read(&bytes(&[0, 1, u32::MAX, u32::MAX]), 1, 1).is_err());
    }
}
