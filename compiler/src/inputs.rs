//! A program's inputs: what `top.Input` says of pictures, and tensors from files.

use crate::data::dataset::InputSpec;
use crate::data::preprocess::{ChannelFormat, FileKind, Preprocess, repeat_to_batch};
use crate::data::{DataError, Tensor, TensorMap, npz};
use crate::program::Program;
use std::path::Path;
use tpuc_dialects::ir::{Context, OpView};
use tpuc_dialects::top::Input;

/// The inputs of a program, in order.
///
/// # Errors
/// When a shape is not known, or an attribute of an input has no meaning.
pub fn input_specs(program: &Program) -> Result<Vec<InputSpec>, DataError> {
    let ctx = &program.ctx;
    ctx.walk(program.module.op())
        .into_iter()
        .filter_map(|op| Input::cast(ctx, op))
        .map(|input| spec(ctx, input))
        .collect()
}

fn spec(ctx: &Context, input: Input) -> Result<InputSpec, DataError> {
    let name = ctx.name(input.op()).to_owned();
    let wrong = |what: &str| DataError::Option(format!("input '{name}': {what}"));
    let shape: Vec<usize> = ctx
        .shape(input.output(ctx))
        .and_then(|shape| shape.iter().map(|dim| usize::try_from(*dim).ok()).collect())
        .ok_or_else(|| wrong("the shape is not known; run --shape-infer first"))?;
    let channel_format: ChannelFormat = match input.channel_format(ctx) {
        Some(text) if input.do_preprocess(ctx) => text.parse()?,
        _ => ChannelFormat::None,
    };
    let mut preprocess = Preprocess::for_input(&shape, channel_format);
    if input.do_preprocess(ctx) {
        if let Some(dims) = input.resize_dims(ctx) {
            let dims: Vec<usize> = dims.iter().filter_map(|dim| usize::try_from(*dim).ok()).collect();
            preprocess.resize_dims = dims
                .try_into()
                .map_err(|_| wrong("'resize_dims' must be two positive numbers"))?;
        }
        let numbers =
            |values: Option<Vec<f64>>| values.map(|values| values.iter().map(|v| *v as f32).collect());
        preprocess.keep_aspect_ratio = input.keep_aspect_ratio(ctx).unwrap_or(false);
        preprocess.pad_value = input.pad_value(ctx).unwrap_or(0);
        preprocess.mean = numbers(input.mean(ctx)).unwrap_or(preprocess.mean);
        preprocess.scale = numbers(input.scale(ctx)).unwrap_or(preprocess.scale);
        if let Some(text) = input.keep_ratio_mode(ctx) {
            preprocess.keep_ratio_mode = text.parse()?;
        }
        if let Some(text) = input.pad_type(ctx) {
            preprocess.pad_type = text.parse()?;
        }
        if let Some(text) = input.pixel_format(ctx) {
            preprocess.pixel_format = text.parse()?;
        }
        if let Some(text) = input.yuv_type(ctx).filter(|text| !text.is_empty()) {
            preprocess.yuv_type = Some(text.parse()?);
        }
    }
    Ok(InputSpec {
        name,
        shape,
        preprocess,
    })
}

/// Tensors for these inputs from one npz (by name), or from one picture or npy for each input, joined by commas.
///
/// # Errors
/// When a file is bad, an input is missing in the npz (the message lists what it has), or a size does not fit.
pub fn load_inputs(specs: &[InputSpec], files: &str) -> Result<TensorMap, DataError> {
    let mut tensors = TensorMap::default();
    if FileKind::of(files) == FileKind::Npz {
        let all = npz::read(Path::new(files))?;
        for spec in specs {
            let tensor = match all.get(&spec.name) {
                Some(tensor) => tensor.clone(),
                None if specs.len() == 1 && all.len() == 1 => all[0].clone(),
                None => {
                    let names: Vec<&str> = all.keys().map(String::as_str).collect();
                    return Err(DataError::Tensor(format!(
                        "{files} has no input '{}'; it has {}",
                        spec.name,
                        if names.is_empty() {
                            "nothing".to_owned()
                        } else {
                            names.join(", ")
                        }
                    )));
                }
            };
            tensors.insert(spec.name.clone(), fitted(spec, tensor, files)?);
        }
        return Ok(tensors);
    }
    let parts: Vec<&str> = if specs.len() == 1 {
        vec![files]
    } else {
        files.split(',').map(str::trim).collect()
    };
    if parts.len() != specs.len() {
        return Err(DataError::Option(format!(
            "'{files}' names {} files; the network has {} inputs: {}",
            parts.len(),
            specs.len(),
            specs
                .iter()
                .map(|spec| spec.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    for (spec, part) in specs.iter().zip(parts) {
        let array = spec.preprocess.load(&spec.name, part)?;
        let array = match spec.shape.first() {
            Some(batch) if array.shape().first() == Some(&1) => repeat_to_batch(array, *batch),
            _ => array,
        };
        tensors.insert(spec.name.clone(), fitted(spec, Tensor::F32(array), part)?);
    }
    Ok(tensors)
}

fn fitted(spec: &InputSpec, tensor: Tensor, file: &str) -> Result<Tensor, DataError> {
    if tensor.len() != spec.shape.iter().product::<usize>() {
        return Err(DataError::Tensor(format!(
            "{file}: '{}' has shape {:?}, the network wants {:?}",
            spec.name,
            tensor.shape(),
            spec.shape
        )));
    }
    tensor.reshape(&spec.shape)
}
