//! Subcommands that write files.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use half::{bf16, f16};

use crate::data::compare::text::python_tuple;
use crate::data::file::{write_atomically, write_bytes_atomically};
use crate::data::npz::{self, Compression, NpzReader};
use crate::data::{DataError, Tensor, TensorMap, npy};
use crate::tools::output::print;

/// One archive in, one out.
#[derive(Args, Debug)]
pub struct InOut {
    /// Archive
    archive: PathBuf,
    /// Archive to write
    output: PathBuf,
}

fn save(path: &Path, tensors: &TensorMap) -> Result<(), DataError> {
    npz::write_map(path, tensors, Compression::Stored)
}

/// The tensor of that name in a loaded archive.
fn named<'a>(tensors: &'a TensorMap, archive: &Path, name: &str) -> Result<&'a Tensor, DataError> {
    tensors
        .get(name)
        .ok_or_else(|| DataError::no_such_tensor(archive, name, tensors.keys().map(String::as_str)))
}

fn numbers(text: &str) -> anyhow::Result<Vec<usize>> {
    text.split(',')
        .map(|number| {
            number
                .trim()
                .parse()
                .with_context(|| format!("'{text}' is not numbers joined by commas"))
        })
        .collect()
}

/// `extract`.
pub(super) fn extract(archive: &Path, output: &Path, names: &str) -> anyhow::Result<()> {
    let reader = NpzReader::open(archive)?;
    let mut tensors = TensorMap::new();
    for name in names.split(',') {
        tensors.insert(name.to_string(), reader.load(name)?);
        print(&format!("extract {name}\n"))?;
    }
    Ok(save(output, &tensors)?)
}

/// `remove`.
pub(super) fn remove(archive: &Path, names: &str) -> anyhow::Result<()> {
    let mut tensors = npz::read(archive)?;
    for name in names.split(',') {
        named(&tensors, archive, name)?;
        tensors.shift_remove(name);
        print(&format!("remove {name}\n"))?;
    }
    Ok(save(archive, &tensors)?)
}

/// `insert`: of tensors of one name, the output's stay.
pub(super) fn insert(archive: &Path, output: &Path) -> anyhow::Result<()> {
    merge(&[archive.to_path_buf(), output.to_path_buf(), output.to_path_buf()])
}

/// `merge`.
pub(super) fn merge(archives: &[PathBuf]) -> anyhow::Result<()> {
    let Some((output, inputs)) = archives.split_last() else {
        bail!("no archive is given")
    };
    let mut tensors = TensorMap::new();
    for archive in inputs {
        tensors.extend(npz::read(archive)?);
    }
    Ok(save(output, &tensors)?)
}

/// `rename`: the renamed tensor becomes the last.
pub(super) fn rename(archive: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    let mut tensors = npz::read(archive)?;
    let tensor = named(&tensors, archive, from)?.clone();
    tensors.shift_remove(from);
    tensors.insert(to.to_string(), tensor);
    Ok(save(archive, &tensors)?)
}

/// `reshape`.
pub(super) fn reshape(archive: &Path, name: &str, shape: &str) -> anyhow::Result<()> {
    let mut tensors = npz::read(archive)?;
    let tensor = named(&tensors, archive, name)?
        .clone()
        .reshape(&numbers(shape)?)?;
    tensors.insert(name.to_string(), tensor);
    Ok(save(archive, &tensors)?)
}

/// `permute`: one tensor, or all of them.
pub(super) fn permute(archive: &Path, name_and_order: &[String]) -> anyhow::Result<()> {
    let mut tensors = npz::read(archive)?;
    match name_and_order {
        [name, order] => {
            let tensor = named(&tensors, archive, name)?.permute(&numbers(order)?)?;
            tensors.insert(name.clone(), tensor);
        }
        [order] => {
            let order = numbers(order)?;
            for (name, tensor) in &mut tensors {
                *tensor = tensor
                    .permute(&order)
                    .with_context(|| format!("tensor '{name}'"))?;
            }
        }
        _ => bail!("permute needs [NAME] ORDER"),
    }
    Ok(save(archive, &tensors)?)
}

/// `transpose`: tensors that have not four axes stay as they are.
pub(super) fn transpose(archive: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    let order: Option<Vec<usize>> = to
        .chars()
        .map(|axis| from.chars().position(|other| other == axis))
        .collect();
    let Some(order) = order.filter(|order| order.len() == 4 && from.len() == 4) else {
        bail!("'{from}' and '{to}' are not two orders of four axes, as nhwc and nchw");
    };
    let mut tensors = npz::read(archive)?;
    for tensor in tensors.values_mut().filter(|tensor| tensor.shape().len() == 4) {
        *tensor = tensor.permute(&order)?;
    }
    Ok(save(archive, &tensors)?)
}

/// The four conversions between float32 and the 16-bit floats stored as uint16.
pub(super) fn convert(files: &InOut, conversion: fn(Tensor) -> Tensor) -> anyhow::Result<()> {
    let mut tensors = npz::read(&files.archive)?;
    for tensor in tensors.values_mut() {
        let taken = std::mem::replace(
            tensor,
            Tensor::Bool(ndarray::ArrayD::default(ndarray::IxDyn(&[0]))),
        );
        *tensor = conversion(taken);
    }
    Ok(save(&files.output, &tensors)?)
}

pub(super) fn bf16_to_fp32(tensor: Tensor) -> Tensor {
    match tensor {
        Tensor::U16(_) => Tensor::F32(tensor.u16_as_bf16().into_f32()),
        other => other,
    }
}

pub(super) fn fp16_to_fp32(tensor: Tensor) -> Tensor {
    match tensor {
        Tensor::U16(_) => Tensor::F32(tensor.u16_as_f16().into_f32()),
        other => other,
    }
}

pub(super) fn fp32_to_bf16(tensor: Tensor) -> Tensor {
    match tensor {
        Tensor::F32(array) => Tensor::U16(array.mapv(|value| bf16::from_f32(value).to_bits())),
        other => other,
    }
}

pub(super) fn fp32_to_fp16(tensor: Tensor) -> Tensor {
    match tensor {
        Tensor::F32(array) => Tensor::U16(array.mapv(|value| f16::from_f32(value).to_bits())),
        other => other,
    }
}

/// `to_bin`. A 16-bit target type takes the numbers as integers, as upstream does.
pub(super) fn to_bin(archive: &Path, name: &str, output: &Path, dtype: Option<&str>) -> anyhow::Result<()> {
    let tensor = NpzReader::open(archive)?.load(name)?;
    print(&format!(
        "shape {}\ndtype {}\n",
        python_tuple(tensor.shape()),
        tensor.dtype()
    ))?;
    let integer = |value: f32| value as i64; // Truncates as numpy's astype does for numbers in range.
    let tensor = match dtype {
        None => tensor,
        Some("int8") => Tensor::I8(tensor.to_f32().mapv(|value| integer(value) as i8)),
        Some("bf16" | "uint16") => Tensor::U16(tensor.to_f32().mapv(|value| integer(value) as u16)),
        Some("float32") => Tensor::F32(tensor.into_f32()),
        Some(other) => {
            bail!("'{other}' is not a type to convert to; choose from int8, bf16, uint16, float32")
        }
    };
    Ok(write_bytes_atomically(output, &tensor.to_bytes())?)
}

/// `to_dat`.
pub(super) fn to_dat(archive: &Path, output: &Path) -> anyhow::Result<()> {
    let reader = NpzReader::open(archive)?;
    let names: Vec<&str> = reader.names().collect();
    Ok(write_atomically(output, |writer| {
        for name in names {
            let tensor = reader.load(name)?;
            tensor
                .for_each_chunk(|chunk| writer.write_all(chunk))
                .map_err(|source| DataError::io("write", output, source))?;
        }
        Ok(())
    })?)
}

/// `to_npy`. A slash in the name becomes an underscore, since the name is a file's.
pub(super) fn to_npy(archive: &Path, name: &str) -> anyhow::Result<()> {
    let tensor = NpzReader::open(archive)?.load(name)?;
    let file = PathBuf::from(format!("{}.npy", name.replace(['/', '\\'], "_")));
    npy::write(&file, &tensor)?;
    Ok(print(&format!("{}\n", file.display()))?)
}
