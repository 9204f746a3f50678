//! Elements at other places: shapes, cuts, joins, reading by index.

use super::super::proto::{int, ints, text};
use super::Write;
use super::writer::Writer;
use tpuc_dialects::ir::{Op, OpView};
use tpuc_dialects::top::Slice;

pub const TABLE: &[(&str, Write)] = &[
    ("top.Concat", concat),
    ("top.ConstantFill", constant_fill),
    ("top.Depth2Space", depth_to_space),
    ("top.Expand", expand),
    ("top.Flatten", reshape),
    ("top.Gather", gather),
    ("top.GatherElements", gather_elements),
    ("top.GatherND", gather_nd),
    ("top.Pad", pad),
    ("top.Permute", permute),
    ("top.Reshape", reshape),
    ("top.Reverse", reverse),
    ("top.ScatterElements", scatter_elements),
    ("top.ScatterND", scatter_nd),
    ("top.Shape", shape),
    ("top.ShuffleChannel", shuffle_channel),
    ("top.Size", size),
    ("top.Slice", slice),
    ("top.Split", split),
    ("top.Squeeze", reshape),
    ("top.Tile", tile),
    ("top.Transpose", exchange),
    ("top.Unsqueeze", reshape),
];

/// The same elements in the result's shape: Reshape, Squeeze, Unsqueeze, Flatten.
fn reshape(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = writer.result_shape(op, 0);
    writer.reshape_to(&x, &dims, out);
    Ok(())
}

fn permute(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let order = ints("perm", &writer.i64s(op, "order"));
    writer.node("Transpose", &[&x], &[out], vec![order]);
    Ok(())
}

/// Two dimensions exchanged.
fn exchange(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let rank = writer.operand_shape(op, 0).len();
    let mut order: Vec<i64> = (0..rank as i64).collect();
    let place = |dim: i64| usize::try_from(if dim < 0 { dim + rank as i64 } else { dim }).unwrap_or(rank);
    let (first, second) = (place(writer.i64(op, "dim0", 0)), place(writer.i64(op, "dim1", 0)));
    if first >= rank || second >= rank {
        return Err("exchanges dimensions that are not there".to_owned());
    }
    order.swap(first, second);
    writer.node("Transpose", &[&x], &[out], vec![ints("perm", &order)]);
    Ok(())
}

fn concat(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let count = writer.ctx().operands(op).len();
    let names: Vec<String> = (0..count)
        .map(|index| writer.operand(op, index))
        .collect::<Result<_, _>>()?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    writer.node(
        "Concat",
        &names,
        &[out],
        vec![int("axis", writer.i64(op, "axis", 1))],
    );
    Ok(())
}

fn split(writer: &mut Writer<'_>, op: Op, _: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let rank = writer.operand_shape(op, 0).len() as i64;
    let axis = writer.i64(op, "axis", 0);
    let place = usize::try_from(if axis < 0 { axis + rank } else { axis }).unwrap_or(0);
    let results = writer.ctx().results(op).len();
    let mut sizes = Vec::with_capacity(results);
    let mut outputs = Vec::with_capacity(results);
    for index in 0..results {
        let shape = writer.result_shape(op, index);
        sizes.push(shape.get(place).copied().ok_or("has a part without the axis")?);
        outputs.push(match writer.result(op, index) {
            Some(name) => name,
            None => writer.temp(&format!("{x}/part")),
        });
    }
    let sizes = writer.ints(&format!("{x}/sizes"), &sizes);
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    writer.node("Split", &[&x, &sizes], &outputs, vec![int("axis", axis)]);
    Ok(())
}

fn slice(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if (1..4).any(|index| writer.operand_value(op, index).is_some()) {
        return Err("has positions that are computed".to_owned());
    }
    let x = writer.operand(op, 0)?;
    let shape = writer.operand_shape(op, 0);
    let view = Slice::cast(writer.ctx(), op).ok_or("is no slice")?;
    let ranges = view.ranges(writer.ctx(), &shape)?;
    let (mut starts, mut ends, mut axes, mut steps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (axis, range) in ranges.iter().enumerate() {
        if range.step == 1 && range.count == shape[axis] {
            continue;
        }
        let end = range.start + range.step * range.count;
        starts.push(range.start);
        // Before the first element: negative positions count from the end.
        ends.push(if end < 0 { i64::MIN / 2 } else { end });
        axes.push(axis as i64);
        steps.push(range.step);
    }
    if axes.is_empty() {
        writer.node("Identity", &[&x], &[out], vec![]);
        return Ok(());
    }
    let [starts, ends, axes, steps] = [
        ("starts", starts),
        ("ends", ends),
        ("axes", axes),
        ("steps", steps),
    ]
    .map(|(name, values)| writer.ints(&format!("{out}/{name}"), &values));
    writer.node("Slice", &[&x, &starts, &ends, &axes, &steps], &[out], vec![]);
    Ok(())
}

fn reverse(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let axis = writer.i64(op, "axis", 0);
    let [starts, ends, axes, steps] = [
        ("starts", -1),
        ("ends", i64::MIN / 2),
        ("axes", axis),
        ("steps", -1),
    ]
    .map(|(name, value)| writer.ints(&format!("{out}/{name}"), &[value]));
    writer.node("Slice", &[&x, &starts, &ends, &axes, &steps], &[out], vec![]);
    Ok(())
}

fn tile(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let (from, to) = (writer.operand_shape(op, 0), writer.result_shape(op, 0));
    if from.len() != to.len() {
        return Err("changes the number of dimensions".to_owned());
    }
    let repeats: Vec<i64> = from.iter().zip(&to).map(|(from, to)| to / from.max(&1)).collect();
    let repeats = writer.ints(&format!("{out}/repeats"), &repeats);
    writer.node("Tile", &[&x, &repeats], &[out], vec![]);
    Ok(())
}

fn expand(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = writer.result_shape(op, 0);
    let dims = writer.ints(&format!("{out}/shape"), &dims);
    writer.node("Expand", &[&x, &dims], &[out], vec![]);
    Ok(())
}

fn constant_fill(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let value = writer.f64(op, "value", 0.0);
    let value = writer.scalar(out, value);
    let dims = writer.result_shape(op, 0);
    let dims = writer.ints(&format!("{out}/shape"), &dims);
    writer.node("Expand", &[&value, &dims], &[out], vec![]);
    Ok(())
}

fn pad(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if writer.operand_value(op, 1).is_some() {
        return Err("has a border that is computed".to_owned());
    }
    let mode = writer.word(op, "mode");
    if mode == "symmetric" {
        return Err("pads with mode 'symmetric', which ONNX lacks".to_owned());
    }
    let x = writer.operand(op, 0)?;
    let border = writer.i64s(op, "paddings");
    let border = writer.ints(&format!("{out}/pads"), &border);
    let attributes = vec![text("mode", &mode)];
    if mode == "constant" {
        let value = writer.f64(op, "val", 0.0);
        let value = writer.scalar(out, value);
        writer.node("Pad", &[&x, &border, &value], &[out], attributes);
    } else {
        writer.node("Pad", &[&x, &border], &[out], attributes);
    }
    Ok(())
}

fn gather(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let indices = writer.indices(op, 1)?;
    let axis = writer.i64(op, "axis", 0);
    let found = writer.step("Gather", &[&x, &indices], vec![int("axis", axis)]);
    // An index without dimensions has the shape 1 here.
    let dims = writer.result_shape(op, 0);
    writer.reshape_to(&found, &dims, out);
    Ok(())
}

fn gather_elements(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let indices = writer.indices(op, 1)?;
    let axis = int("axis", writer.i64(op, "axis", 2));
    writer.node("GatherElements", &[&x, &indices], &[out], vec![axis]);
    Ok(())
}

fn gather_nd(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let indices = writer.indices(op, 1)?;
    let batch = int("batch_dims", writer.i64(op, "batch_dims", 0));
    writer.node("GatherND", &[&x, &indices], &[out], vec![batch]);
    Ok(())
}

fn scatter_nd(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if writer.i64(op, "reduction", 0) != 0 {
        return Err("combines what it writes with what is there".to_owned());
    }
    let x = writer.operand(op, 0)?;
    let (indices, updates) = (writer.indices(op, 1)?, writer.operand(op, 2)?);
    writer.node("ScatterND", &[&x, &indices, &updates], &[out], vec![]);
    Ok(())
}

fn scatter_elements(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if writer.i64(op, "reduction", 0) != 0 {
        return Err("combines what it writes with what is there".to_owned());
    }
    let x = writer.operand(op, 0)?;
    let (indices, updates) = (writer.indices(op, 1)?, writer.operand(op, 2)?);
    let axis = int("axis", writer.i64(op, "axis", 0));
    writer.node("ScatterElements", &[&x, &indices, &updates], &[out], vec![axis]);
    Ok(())
}

fn shape(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    if writer.i64(op, "step", 1) != 1 {
        return Err("takes every other dimension".to_owned());
    }
    let x = writer.operand(op, 0)?;
    let mut attributes = vec![int("start", writer.i64(op, "start", 0))];
    if let Some(end) = writer.ctx().get_i64(op, "end") {
        attributes.push(int("end", end));
    }
    let dims = writer.step("Shape", &[&x], attributes);
    writer.cast_to_float(&dims, out);
    Ok(())
}

fn size(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let count = writer.step("Size", &[&x], vec![]);
    let count = writer.cast(&count, super::writer::FLOAT);
    let dims = writer.result_shape(op, 0);
    writer.reshape_to(&count, &dims, out);
    Ok(())
}

/// Channels in groups change places: reshaped, transposed, reshaped.
fn shuffle_channel(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let x = writer.operand(op, 0)?;
    let dims = writer.operand_shape(op, 0);
    let group = writer.i64(op, "group", 1);
    let [batch, channels, rest @ ..] = &dims[..] else {
        return Err("has no channels".to_owned());
    };
    if group < 1 || channels % group != 0 {
        return Err(format!("has {channels} channels in {group} groups"));
    }
    let inner: i64 = rest.iter().product();
    let parted = writer.reshape(&x, &[*batch, group, channels / group, inner]);
    let moved = writer.transpose(&parted, &[0, 2, 1, 3]);
    writer.reshape_to(&moved, &dims, out);
    Ok(())
}

/// Channels become blocks of pixels, or pixels channels: reshaped, transposed, reshaped.
fn depth_to_space(writer: &mut Writer<'_>, op: Op, out: &str) -> Result<(), String> {
    let mut x = writer.operand(op, 0)?;
    let mut dims = writer.operand_shape(op, 0);
    if writer.flag(op, "swap_cr", false) || dims.len() != 4 {
        return Err("has swap_cr or another rank than 4".to_owned());
    }
    if !writer.flag(op, "in_is_NCHW", true) {
        x = writer.transpose(&x, &[0, 3, 1, 2]);
        dims = vec![dims[0], dims[3], dims[1], dims[2]];
    }
    let (block_h, block_w) = (
        writer.i64(op, "block_h", 1).max(1),
        writer.i64(op, "block_w", 1).max(1),
    );
    let first = writer.flag(op, "is_CRD", false);
    let (n, c, h, w) = (dims[0], dims[1], dims[2], dims[3]);
    let (parted, order, wanted) = if writer.flag(op, "is_inversed", false) {
        let order = if first {
            [0, 1, 3, 5, 2, 4]
        } else {
            [0, 3, 5, 1, 2, 4]
        };
        (
            [n, c, h / block_h, block_h, w / block_w, block_w],
            order,
            [n, c * block_h * block_w, h / block_h, w / block_w],
        )
    } else if first {
        let depth = c / (block_h * block_w);
        (
            [n, depth, block_h, block_w, h, w],
            [0, 1, 4, 2, 5, 3],
            [n, depth, h * block_h, w * block_w],
        )
    } else {
        let depth = c / (block_h * block_w);
        (
            [n, block_h, block_w, depth, h, w],
            [0, 3, 4, 1, 5, 2],
            [n, depth, h * block_h, w * block_w],
        )
    };
    let parted = writer.reshape(&x, &parted);
    let moved = writer.transpose(&parted, &order);
    if writer.flag(op, "out_is_NCHW", true) {
        writer.reshape_to(&moved, &wanted, out);
    } else {
        let moved = writer.reshape(&moved, &wanted);
        writer.node("Transpose", &[&moved], &[out], vec![ints("perm", &[0, 2, 3, 1])]);
    }
    Ok(())
}
