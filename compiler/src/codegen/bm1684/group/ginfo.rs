//! `#tpu.lg<...>`: where an operation's result is in local memory, and which slices of it.

use super::Range;
use tpuc_dialects::ir::{Attr, AttrKind, Context, Op};

/// What `#tpu.lg<...>` says, as far as BM1684 needs it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupInfo {
    /// First byte of the result in each lane. Where slices alternate, the next one's place follows.
    pub out_addr: usize,
    /// Bytes of a lane for the largest slice.
    pub out_size: usize,
    /// First byte of what the operation needs besides.
    pub buffer_addr: usize,
    /// Bytes of it.
    pub buffer_size: usize,
    /// Rows of channels start at multiples of 128 bytes; otherwise channels are dense.
    pub eu_align: bool,
    /// Slices over batches.
    pub n: Vec<Range>,
    /// Channels.
    pub c: Vec<Range>,
    /// Slices over rows.
    pub h: Vec<Range>,
    /// Columns.
    pub w: Vec<Range>,
    /// Number in the group.
    pub id: usize,
    /// 0: of the next slice; 1: of the slice at hand; 2: of the one before.
    pub stage: usize,
}

fn split(ranges: &[Range]) -> [Vec<usize>; 2] {
    [
        ranges.iter().map(|range| range.0).collect(),
        ranges.iter().map(|range| range.1).collect(),
    ]
}

impl GroupInfo {
    /// The attribute, with its parameters in the order of TPU-MLIR's definition.
    pub fn to_attr(&self, ctx: &mut Context) -> Attr {
        let [n_idx, n_slice] = split(&self.n);
        let [c_idx, c_slice] = split(&self.c);
        let [h_idx, h_slice] = split(&self.h);
        let [w_idx, w_slice] = split(&self.w);
        let number = |ctx: &mut Context, value: usize| ctx.i64_attr(value as i64);
        let list = |ctx: &mut Context, values: &[usize]| {
            let values: Vec<i64> = values.iter().map(|value| *value as i64).collect();
            ctx.i64_array_attr(&values)
        };
        let fields = vec![
            ("out_addr", number(ctx, self.out_addr)),
            ("out_size", number(ctx, self.out_size)),
            ("buffer_addr", number(ctx, self.buffer_addr)),
            ("buffer_size", number(ctx, self.buffer_size)),
            ("eu_align", ctx.bool_attr(self.eu_align)),
            ("can_merge", ctx.bool_attr(false)),
            ("in_hslice_offset", list(ctx, &[])),
            ("n_idx", list(ctx, &n_idx)),
            ("n_slice", list(ctx, &n_slice)),
            ("c_idx", list(ctx, &c_idx)),
            ("c_slice", list(ctx, &c_slice)),
            ("d_idx", list(ctx, &[0])),
            ("d_slice", list(ctx, &[1])),
            ("h_idx", list(ctx, &h_idx)),
            ("h_slice", list(ctx, &h_slice)),
            ("w_idx", list(ctx, &w_idx)),
            ("w_slice", list(ctx, &w_slice)),
            ("id", number(ctx, self.id)),
            ("stage", number(ctx, self.stage)),
            ("slice_idx", number(ctx, 0)),
            ("group_type", number(ctx, 0)),
        ];
        let fields = fields
            .into_iter()
            .map(|(name, attr)| (ctx.str(name), attr))
            .collect();
        let (dialect, name) = (ctx.str("tpu"), ctx.str("lg"));
        ctx.attr(AttrKind::Struct {
            dialect,
            name,
            fields,
        })
    }

    /// What an operation's `ginfo` says; `None` if it has none, or one that makes no sense.
    pub fn of(ctx: &Context, op: Op) -> Option<Self> {
        let AttrKind::Struct { fields, .. } = ctx.attr_kind(ctx.get_attr(op, "ginfo")?) else {
            return None;
        };
        let field = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| ctx.text(*key) == name)
                .map(|(_, attr)| *attr)
        };
        // Sums of such numbers do not overflow.
        let small = |value: i64| u32::try_from(value).ok().map(|value| value as usize);
        let number = |name: &str| small(ctx.attr_as_i64(field(name)?)?);
        let ranges = |first: &str, count: &str| -> Option<Vec<Range>> {
            let list = |name: &str| -> Option<Vec<usize>> {
                ctx.attr_as_i64s(field(name)?)?.into_iter().map(small).collect()
            };
            let (first, count) = (list(first)?, list(count)?);
            (first.len() == count.len()).then(|| first.into_iter().zip(count).collect())
        };
        Some(Self {
            out_addr: number("out_addr")?,
            out_size: number("out_size")?,
            buffer_addr: number("buffer_addr")?,
            buffer_size: number("buffer_size")?,
            eu_align: ctx.attr_as_bool(field("eu_align")?)?,
            n: ranges("n_idx", "n_slice")?,
            c: ranges("c_idx", "c_slice")?,
            h: ranges("h_idx", "h_slice")?,
            w: ranges("w_idx", "w_slice")?,
            id: number("id")?,
            stage: number("stage")?,
        })
    }
}
