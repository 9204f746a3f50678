//! Subcommands that print.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};
use ndarray::{ArrayD, Axis, Slice, SliceInfoElem};

use crate::data::compare::text::{python_float, python_tuple};
use crate::data::npz::NpzReader;
use crate::data::numpy_text::array_text;
use crate::data::{DType, Tensor};
use crate::tools::output::print;

/// `dump` without a name: name, shape and type of every tensor.
pub(super) fn list(archive: &Path) -> anyhow::Result<()> {
    let reader = NpzReader::open(archive)?;
    let mut text = String::new();
    for name in reader.names() {
        let header = reader.header(name)?;
        writeln!(text, "{name}\t{}\t{}", python_tuple(&header.shape), header.dtype)?;
    }
    Ok(print(&text)?)
}

/// A number that stands for many.
type Summary<'a> = &'a dyn Fn(&[f64]) -> f64;

/// `dump` of a tensor or a part of it.
pub(super) fn dump(archive: &Path, name: &str, index: Option<&str>, whole: bool) -> anyhow::Result<()> {
    let tensor = NpzReader::open(archive)?.load(name)?;
    let mut text = String::new();
    match index {
        Some(index) => writeln!(text, "{}", array_text(&part(&tensor, index)?, whole))?,
        None => writeln!(text, "{}", array_text(&tensor, whole))?,
    }
    writeln!(
        text,
        "shape {}\ndtype {}",
        python_tuple(tensor.shape()),
        tensor.dtype()
    )?;
    // Mean and deviation of something that looks like a picture of three channels.
    let is_picture = match tensor.shape() {
        [3, _, _] => true,
        [batch, 3, ..] => tensor.shape().len() <= 5 && *batch <= 1,
        _ => false,
    };
    if is_picture && !tensor.is_empty() {
        let values = tensor.to_f64();
        let flat: Vec<f64> = values.iter().copied().collect();
        let per_channel = |summary: Summary<'_>| -> Tensor {
            let results = flat.chunks(flat.len() / 3).map(summary).collect::<Vec<f64>>();
            let results = ArrayD::from_shape_vec(ndarray::IxDyn(&[3]), results).expect("three channels");
            if tensor.dtype() == DType::F32 {
                Tensor::F32(results.mapv(|value| value as f32))
            } else {
                Tensor::F64(results)
            }
        };
        let rows: [(&str, Summary<'_>); 5] = [
            ("max", &|run| {
                run.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            }),
            ("min", &|run| run.iter().copied().fold(f64::INFINITY, f64::min)),
            ("mean", &mean),
            ("abs mean fp32", &|run| {
                run.iter().map(|value| value.abs()).sum::<f64>() / run.len() as f64
            }),
            ("std fp32", &|run| variance(run).sqrt()),
        ];
        for (label, summary) in rows {
            writeln!(text, "{label} {}", array_text(&per_channel(summary), true))?;
        }
    }
    Ok(print(&text)?)
}

fn mean(run: &[f64]) -> f64 {
    run.iter().sum::<f64>() / run.len() as f64
}

fn variance(run: &[f64]) -> f64 {
    let mean = mean(run);
    run.iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / run.len() as f64
}

/// The part that an index as in numpy selects: per axis a number or `start:stop:step`, joined by commas.
fn part(tensor: &Tensor, index: &str) -> anyhow::Result<Tensor> {
    let shape = tensor.shape();
    let mut elements = Vec::new();
    for (axis, text) in index.split(',').map(str::trim).enumerate() {
        let Some(&extent) = shape.get(axis) else {
            bail!(
                "the index '{index}' has more parts than the tensor has axes ({})",
                python_tuple(shape)
            );
        };
        let number = |text: &str| -> anyhow::Result<Option<isize>> {
            if text.is_empty() {
                return Ok(None);
            }
            text.parse()
                .map(Some)
                .with_context(|| format!("'{text}' in the index '{index}' is not a number"))
        };
        let fields: Vec<Option<isize>> = text.split(':').map(number).collect::<Result<_, _>>()?;
        let clamp = |value: isize| {
            let value = if value < 0 { value + extent as isize } else { value };
            value.clamp(0, extent as isize)
        };
        elements.push(match fields[..] {
            [Some(single)] if clamp(single) < extent as isize && single >= -(extent as isize) => {
                SliceInfoElem::Index(clamp(single))
            }
            [_] => bail!(
                "'{text}' is out of range for axis {axis} of {}",
                python_tuple(shape)
            ),
            [start, stop] | [start, stop, None] => {
                let start = clamp(start.unwrap_or(0));
                let end = Some(clamp(stop.unwrap_or(extent as isize)).max(start));
                SliceInfoElem::Slice { start, end, step: 1 }
            }
            [start, stop, Some(step)] if step > 0 => {
                let start = clamp(start.unwrap_or(0));
                let end = Some(clamp(stop.unwrap_or(extent as isize)).max(start));
                SliceInfoElem::Slice { start, end, step }
            }
            _ => bail!("'{text}' is not a number or start:stop:step with a step above 0"),
        });
    }
    while elements.len() < shape.len() {
        elements.push(SliceInfoElem::Slice {
            start: 0,
            end: None,
            step: 1,
        });
    }
    fn cut<T: Clone>(array: &ArrayD<T>, elements: &[SliceInfoElem]) -> Tensor
    where
        Tensor: From<ArrayD<T>>,
    {
        Tensor::from(array.slice(elements).as_standard_layout().into_owned())
    }
    Ok(match tensor {
        Tensor::F32(array) => cut(array, &elements),
        Tensor::F64(array) => cut(array, &elements),
        Tensor::F16(array) => cut(array, &elements),
        Tensor::BF16(array) => cut(array, &elements),
        Tensor::I8(array) => cut(array, &elements),
        Tensor::U8(array) => cut(array, &elements),
        Tensor::I16(array) => cut(array, &elements),
        Tensor::U16(array) => cut(array, &elements),
        Tensor::I32(array) => cut(array, &elements),
        Tensor::U32(array) => cut(array, &elements),
        Tensor::I64(array) => cut(array, &elements),
        Tensor::U64(array) => cut(array, &elements),
        Tensor::Bool(array) => cut(array, &elements),
    })
}

/// `get_shape`.
pub(super) fn shape(archive: &Path, name: &str) -> anyhow::Result<()> {
    let header = NpzReader::open(archive)?.header(name)?;
    let extents: Vec<String> = header.shape.iter().map(usize::to_string).collect();
    Ok(print(&format!("[{}]\n", extents.join(",")))?)
}

/// `check_nan_inf`.
pub(super) fn check_nan_inf(archive: &Path) -> anyhow::Result<()> {
    let reader = NpzReader::open(archive)?;
    let mut text = String::new();
    for name in reader.names() {
        let tensor = reader.load(name)?;
        if !tensor.dtype().is_float() {
            continue;
        }
        let values = tensor.to_f64();
        for (label, found) in [
            ("NaN", values.iter().any(|value| value.is_nan())),
            ("Inf", values.iter().any(|value| value.is_infinite())),
        ] {
            if found {
                writeln!(text, "{label} in {name}:{}", python_tuple(tensor.shape()))?;
            }
        }
    }
    Ok(print(&text)?)
}

/// `print_diff`.
pub(super) fn print_diff(
    target: &Path,
    reference: &Path,
    name: &str,
    count: Option<usize>,
) -> anyhow::Result<()> {
    let target = NpzReader::open(target)?.load(name)?;
    let reference = NpzReader::open(reference)?.load(name)?;
    // Formatted through f64, as numpy's scalars are in a Python format string.
    let spell = |tensor: &Tensor| -> Vec<String> {
        let values = tensor.to_f64();
        if tensor.dtype().is_float() {
            values.iter().map(|&value| python_float(value)).collect()
        } else {
            values.iter().map(|value| format!("{value:.0}")).collect()
        }
    };
    let mut text = "index     adata         bdata\n".to_string();
    let pairs = target.to_f64().into_iter().zip(reference.to_f64());
    let differing: Vec<usize> = pairs
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(index, _)| index)
        .collect();
    let (a, b) = (spell(&target), spell(&reference));
    for &index in differing.iter().take(count.unwrap_or(usize::MAX)) {
        writeln!(text, "{index}: {}, {}", a[index], b[index])?;
    }
    if differing.is_empty() {
        text += "No difference!\n";
    }
    Ok(print(&text)?)
}

/// `statistic`.
pub(super) fn statistic(archive: &Path, name: Option<&str>, axis: usize) -> anyhow::Result<()> {
    let reader = NpzReader::open(archive)?;
    let Some(name) = name else {
        let names: String = reader.names().map(|name| format!("{name}\n")).collect();
        return Ok(print(&names)?);
    };
    let tensor = reader.load(name)?;
    let shape = tensor.shape().to_vec();
    if axis >= shape.len() {
        bail!(
            "'{name}' of shape {} has no axis {axis}; give another one",
            python_tuple(&shape)
        );
    }
    if tensor.is_empty() {
        bail!("'{name}' of shape {} has no elements", python_tuple(&shape));
    }
    let values = tensor.to_f64();
    let runs = |axis: usize| -> Vec<Vec<f64>> {
        (0..shape[axis])
            .map(|index| {
                values
                    .slice_axis(Axis(axis), Slice::from(index..=index))
                    .iter()
                    .copied()
                    .collect()
            })
            .collect()
    };
    let vector = |numbers: Vec<f64>| {
        let numbers = ArrayD::from_shape_vec(ndarray::IxDyn(&[numbers.len()]), numbers).expect("one axis");
        array_text(&Tensor::F32(numbers.mapv(|value| value as f32)), false)
    };
    let rows = runs(axis);
    let most = |run: &Vec<f64>| run.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let least = |run: &Vec<f64>| run.iter().copied().fold(f64::INFINITY, f64::min);
    let ranges: Vec<f64> = rows.iter().map(|run| most(run) - least(run)).collect();
    let length = ranges.iter().map(|range| range * range).sum::<f64>().sqrt();
    let shares: Vec<f64> = ranges
        .iter()
        .map(|range| if length == 0.0 { *range } else { range / length })
        .collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[a].total_cmp(&shares[b]));
    let mut axes = vec![axis];
    axes.extend((0..shape.len()).filter(|&other| other != axis));
    let mut text = String::new();
    writeln!(text, "data shape: {}\nnew_shape: {axes:?}", python_tuple(&shape))?;
    writeln!(
        text,
        "mean {}",
        vector(rows.iter().map(|run| mean(run)).collect())
    )?;
    writeln!(
        text,
        "var {}",
        vector(rows.iter().map(|run| variance(run)).collect())
    )?;
    writeln!(text, "max {}", vector(rows.iter().map(most).collect()))?;
    writeln!(text, "min {}", vector(rows.iter().map(least).collect()))?;
    writeln!(text, "data range {}", vector(ranges.clone()))?;
    writeln!(text, "data range norm {}", vector(shares.clone()))?;
    let order_tensor = Tensor::from_vec(&[order.len()], order.iter().map(|&index| index as i64).collect())?;
    writeln!(text, "norm_odr {}", array_text(&order_tensor, false))?;
    for index in 0..ranges.len() {
        let spell = |value: f64| python_float(f64::from(value as f32));
        let (range, share) = (spell(ranges[index]), spell(shares[index]));
        writeln!(
            text,
            "idx:{index}, range:{range}, range norm:{share}, norm order:{}",
            order[index]
        )?;
    }
    let samples = runs(0);
    writeln!(
        text,
        "mean {}",
        vector(samples.iter().map(|run| mean(run)).collect())
    )?;
    writeln!(
        text,
        "var {}",
        vector(samples.iter().map(|run| variance(run)).collect())
    )?;
    Ok(print(&text)?)
}
