//! Arrays as numpy prints them with `precision=6, suppress=True`: columns aligned, lines of at most 75 characters,
//! arrays of more than 1000 elements shortened to three at each end of every axis.

use ndarray::{ArrayD, ArrayViewD, Axis};

use super::Tensor;
use super::compare::text::python_float;

const LINE_WIDTH: usize = 75;
const EDGE_ITEMS: usize = 3;
const SHORTEN_ABOVE: usize = 1000;
const PRECISION: usize = 6;

/// The text of `print(array)`, without the final line break. `whole` prints every element.
#[must_use]
pub fn array_text(tensor: &Tensor, whole: bool) -> String {
    match tensor {
        Tensor::F32(array) => floats(
            &array.mapv(f64::from),
            &|value| format!("{}", value as f32),
            whole,
        ),
        Tensor::F16(_) | Tensor::BF16(_) => {
            floats(&tensor.to_f64(), &|value| format!("{}", value as f32), whole)
        }
        Tensor::F64(array) => floats(array, &|value| format!("{value}"), whole),
        Tensor::Bool(array) => {
            let word = |value: &bool| if *value { " True" } else { "False" }.to_string();
            layout(&array.map(word).view(), whole)
        }
        Tensor::I8(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::U8(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::I16(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::U16(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::I32(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::U32(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::I64(array) => integers(&array.map(ToString::to_string), whole),
        Tensor::U64(array) => integers(&array.map(ToString::to_string), whole),
    }
}

/// Only what will be shown counts for the width of the columns.
fn shown<T: Clone>(array: &ArrayD<T>, whole: bool) -> Vec<T> {
    if whole || array.len() <= SHORTEN_ABOVE {
        return array.iter().cloned().collect();
    }
    let visible = |index: usize, extent: usize| {
        extent <= 2 * EDGE_ITEMS || index < EDGE_ITEMS || index >= extent - EDGE_ITEMS
    };
    let shape = array.shape().to_vec();
    array
        .indexed_iter()
        .filter(|(index, _)| {
            shape
                .iter()
                .enumerate()
                .all(|(axis, &extent)| visible(index[axis], extent))
        })
        .map(|(_, value)| value.clone())
        .collect()
}

fn integers(words: &ArrayD<String>, whole: bool) -> String {
    if words.ndim() == 0 {
        return words.iter().next().cloned().unwrap_or_default();
    }
    let width = shown(words, whole).iter().map(String::len).max().unwrap_or(0);
    layout(&words.map(|word| format!("{word:>width$}")).view(), whole)
}

/// `shortest` spells the shortest digits that read back, without an exponent.
fn floats(array: &ArrayD<f64>, shortest: &dyn Fn(f64) -> String, whole: bool) -> String {
    if array.ndim() == 0 {
        let value = array.iter().next().copied().unwrap_or_default();
        return python_float(shortest(value).parse().unwrap_or(value));
    }
    let values = shown(array, whole);
    let largest = values
        .iter()
        .filter(|value| value.is_finite())
        .fold(0_f64, |most, value| most.max(value.abs()));
    let spell = |value: f64| -> (String, String) {
        if !value.is_finite() {
            return (String::new(), String::new());
        }
        let text = if largest >= 1e8 {
            scientific(value)
        } else {
            fixed(value, shortest)
        };
        text.split_once('.')
            .map_or((text.clone(), String::new()), |(a, b)| {
                (a.to_string(), b.to_string())
            })
    };
    let parts: Vec<(String, String)> = values.iter().map(|&value| spell(value)).collect();
    let mut before = parts.iter().map(|part| part.0.len()).max().unwrap_or(0);
    let after = parts.iter().map(|part| part.1.len()).max().unwrap_or(0);
    for value in values.iter().filter(|value| !value.is_finite()) {
        let length = if *value == f64::NEG_INFINITY { 4 } else { 3_usize };
        before = before.max(length.saturating_sub(after + 1));
    }
    let word = |&value: &f64| {
        if value.is_finite() {
            let (whole, fraction) = spell(value);
            format!("{whole:>before$}.{fraction:<after$}")
        } else {
            let width = before + after + 1;
            format!("{:>width$}", format!("{value}").to_lowercase())
        }
    };
    layout(&array.map(word).view(), whole)
}

fn fixed(value: f64, shortest: &dyn Fn(f64) -> String) -> String {
    let text = shortest(value);
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let text = if digits <= PRECISION {
        text
    } else {
        format!("{value:.PRECISION$}")
    };
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{}", fraction.trim_end_matches('0')),
        None => format!("{text}."),
    }
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.PRECISION$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn layout(words: &ArrayViewD<'_, String>, whole: bool) -> String {
    if words.is_empty() {
        return "[]".to_string();
    }
    if words.ndim() == 0 {
        return words
            .iter()
            .next()
            .map(|word| word.trim().to_string())
            .unwrap_or_default();
    }
    nested(words, 1, LINE_WIDTH, !whole && words.len() > SHORTEN_ABOVE)
}

fn nested(words: &ArrayViewD<'_, String>, indent: usize, width: usize, shorten: bool) -> String {
    let extent = words.shape()[0];
    let gap = shorten && 2 * EDGE_ITEMS < extent;
    let indices = (0..extent).filter(|&index| !gap || index < EDGE_ITEMS || index >= extent - EDGE_ITEMS);
    let mut items = Vec::new();
    for index in indices {
        if gap && index == extent - EDGE_ITEMS {
            items.push("...".to_string());
        }
        let part = words.index_axis(Axis(0), index);
        items.push(match part.ndim() {
            0 => part.iter().next().cloned().unwrap_or_default(),
            _ => nested(&part, indent + 1, width - 1, shorten),
        });
    }
    let margin = " ".repeat(indent);
    if words.ndim() > 1 {
        let separator = format!("{}{margin}", "\n".repeat(words.ndim() - 1));
        return format!("[{}]", items.join(&separator));
    }
    let (mut text, mut line) = (String::new(), margin.clone());
    for (number, item) in items.iter().enumerate() {
        if line.len() + item.len() > width - 1 && line.len() > margin.len() {
            text += line.trim_end();
            text.push('\n');
            line.clone_from(&margin);
        }
        line += item;
        if number + 1 < items.len() {
            line.push(' ');
        }
    }
    text += &line;
    format!("[{}]", &text[indent..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<T>(shape: &[usize], values: Vec<T>) -> String
    where
        Tensor: From<ArrayD<T>>,
    {
        array_text(&Tensor::from_vec(shape, values).unwrap(), false)
    }

    #[test]
    fn arrays_look_as_in_numpy() {
        assert_eq!(text(&[3], vec![1.0_f32, 2.5, -3.25]), "[ 1.    2.5  -3.25]");
        assert_eq!(text(&[2, 2], vec![1_i8, -20, 3, 4]), "[[  1 -20]\n [  3   4]]");
        assert_eq!(text(&[2], vec![true, false]), "[ True False]");
        assert_eq!(text(&[2], vec![f32::NAN, 0.1]), "[nan 0.1]");
        assert_eq!(text(&[], vec![0.1_f32]), "0.1");
        assert_eq!(text(&[0], Vec::<f32>::new()), "[]");
        let long = text(&[2000], (0..2000_i32).collect());
        assert_eq!(long, "[   0    1    2 ... 1997 1998 1999]");
        let lines = text(&[40], vec![10_i32; 40]);
        assert!(lines.lines().all(|line| line.len() <= LINE_WIDTH) && lines.contains("\n 10"));
    }
}
