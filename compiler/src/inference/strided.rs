//! Reading a tensor through strides: permutation, slices, repetition and broadcasting are all this.

use rayon::prelude::*;

/// Output extents and, for each, the distance between neighbours in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Extents of the result.
    pub shape: Vec<usize>,
    /// Distance in the source for a step along each dimension; 0 repeats, negative runs backwards.
    pub strides: Vec<isize>,
    /// Source index of the first element.
    pub offset: usize,
}

/// Row-major strides of a shape.
pub fn row_major(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for dim in (1..shape.len()).rev() {
        strides[dim - 1] = strides[dim] * shape[dim].max(1) as isize;
    }
    strides
}

impl View {
    /// A tensor of `shape` broadcast to `output` as numpy does; `None` if it does not fit.
    pub fn broadcast(shape: &[usize], output: &[usize]) -> Option<Self> {
        let skip = output.len().checked_sub(shape.len())?;
        let mut strides = vec![0; output.len()];
        for (dim, stride) in row_major(shape).into_iter().enumerate() {
            if shape[dim] == output[skip + dim] {
                strides[skip + dim] = if shape[dim] == 1 { 0 } else { stride };
            } else if shape[dim] != 1 {
                return None;
            }
        }
        Some(Self {
            shape: output.to_vec(),
            strides,
            offset: 0,
        })
    }

    /// The dimensions of a tensor of `shape` in another order.
    pub fn permute(shape: &[usize], order: &[usize]) -> Self {
        let strides = row_major(shape);
        Self {
            shape: order.iter().map(|dim| shape[*dim]).collect(),
            strides: order.iter().map(|dim| strides[*dim]).collect(),
            offset: 0,
        }
    }

    /// Number of elements of the result.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the result has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest source index that is read, plus one.
    pub fn source_len(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        let reach: isize = self
            .shape
            .iter()
            .zip(&self.strides)
            .map(|(extent, stride)| (*extent as isize - 1) * (*stride).max(0))
            .sum();
        self.offset + reach as usize + 1
    }

    /// Whether no step leads in front of the first element of the source.
    pub fn stays_inside(&self, source_len: usize) -> bool {
        let back: isize = self
            .shape
            .iter()
            .zip(&self.strides)
            .map(|(extent, stride)| (*extent as isize - 1).max(0) * (*stride).min(0))
            .sum();
        self.is_empty() || (self.source_len() <= source_len && self.offset as isize + back >= 0)
    }

    /// The same reads with fewest dimensions.
    fn merged(&self) -> Self {
        let mut result = Self {
            shape: Vec::new(),
            strides: Vec::new(),
            offset: self.offset,
        };
        for (extent, stride) in self.shape.iter().zip(&self.strides) {
            if *extent == 1 {
                continue;
            }
            match (result.shape.last_mut(), result.strides.last_mut()) {
                (Some(outer), Some(outer_stride)) if *outer_stride == stride * *extent as isize => {
                    *outer *= extent;
                    *outer_stride = *stride;
                }
                _ => {
                    result.shape.push(*extent);
                    result.strides.push(*stride);
                }
            }
        }
        if result.shape.is_empty() {
            result.shape.push(1);
            result.strides.push(1);
        }
        result
    }

    /// Source index of the first element of row `row`, rows being what the last dimension makes.
    #[inline(always)]
    fn row_start(&self, mut row: usize) -> usize {
        let mut index = self.offset as isize;
        for dim in (0..self.shape.len() - 1).rev() {
            index += (row % self.shape[dim]) as isize * self.strides[dim];
            row /= self.shape[dim];
        }
        index as usize
    }

    /// The elements that the view reads.
    pub fn gather<T: Copy + Default + Send + Sync>(&self, data: &[T]) -> Result<Vec<T>, String> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        if !self.stays_inside(data.len()) {
            return Err("reads beyond its operand".to_owned());
        }
        let view = self.merged();
        let (inner, stride) = (
            view.shape[view.shape.len() - 1],
            view.strides[view.shape.len() - 1],
        );
        let mut out = vec![T::default(); self.len()];
        let rows_at_once = (1 << 14) / inner.max(1) + 1;
        out.par_chunks_mut(inner * rows_at_once)
            .enumerate()
            .for_each(|(chunk, out)| {
                for (row, out) in out.chunks_exact_mut(inner).enumerate() {
                    let start = view.row_start(chunk * rows_at_once + row);
                    match stride {
                        1 => out.copy_from_slice(&data[start..start + inner]),
                        0 => out.fill(data[start]),
                        stride => {
                            let mut index = start as isize;
                            for out in out {
                                *out = data[index as usize];
                                index += stride;
                            }
                        }
                    }
                }
            });
        Ok(out)
    }
}

/// `combine(a[i], b[i])` of two tensors that are broadcast to `output`.
pub fn combine<A, B, Out>(
    (a, a_shape): (&[A], &[usize]),
    (b, b_shape): (&[B], &[usize]),
    output: &[usize],
    combine: impl Fn(A, B) -> Out + Sync,
) -> Result<Vec<Out>, String>
where
    A: Copy + Default + Send + Sync,
    B: Copy + Default + Send + Sync,
    Out: Copy + Default + Send,
{
    let views = View::broadcast(a_shape, output).zip(View::broadcast(b_shape, output));
    let (a_view, b_view) =
        views.ok_or_else(|| format!("cannot broadcast {a_shape:?} and {b_shape:?} to {output:?}"))?;
    if !a_view.stays_inside(a.len()) || !b_view.stays_inside(b.len()) {
        return Err("has an operand that is smaller than its type says".to_owned());
    }
    let length = a_view.len();
    let mut out = vec![Out::default(); length];
    if length == 0 {
        return Ok(out);
    }
    const PIECE: usize = 1 << 14;
    if a.len() == length && b.len() == length {
        out.par_chunks_mut(PIECE)
            .zip(a.par_chunks(PIECE).zip(b.par_chunks(PIECE)))
            .for_each(|(out, (a, b))| {
                for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
                    *out = combine(*a, *b);
                }
            });
        return Ok(out);
    }
    let (shape, a_strides, b_strides) = merge_two(&a_view, &b_view);
    let last = shape.len() - 1;
    let inner = shape[last];
    let rows_at_once = PIECE / inner + 1;
    let rows = |strides: &[isize]| View {
        shape: shape.clone(),
        strides: strides.to_vec(),
        offset: 0,
    };
    let (a_rows, b_rows) = (rows(&a_strides), rows(&b_strides));
    out.par_chunks_mut(inner * rows_at_once)
        .enumerate()
        .for_each(|(chunk, out)| {
            for (row, out) in out.chunks_exact_mut(inner).enumerate() {
                let row = chunk * rows_at_once + row;
                let (a, b) = (&a[a_rows.row_start(row)..], &b[b_rows.row_start(row)..]);
                match (a_strides[last], b_strides[last]) {
                    (0, 0) => out.fill(combine(a[0], b[0])),
                    (0, 1) => out
                        .iter_mut()
                        .zip(b)
                        .for_each(|(out, b)| *out = combine(a[0], *b)),
                    (1, 0) => out
                        .iter_mut()
                        .zip(a)
                        .for_each(|(out, a)| *out = combine(*a, b[0])),
                    _ => out
                        .iter_mut()
                        .zip(a.iter().zip(b))
                        .for_each(|(out, (a, b))| *out = combine(*a, *b)),
                }
            }
        });
    Ok(out)
}

/// Merges the dimensions of two views of one shape where both allow it.
fn merge_two(a: &View, b: &View) -> (Vec<usize>, Vec<isize>, Vec<isize>) {
    let (mut shape, mut a_strides, mut b_strides): (Vec<usize>, Vec<isize>, Vec<isize>) = Default::default();
    for (dim, extent) in a.shape.iter().enumerate() {
        if *extent == 1 {
            continue;
        }
        let (a_stride, b_stride) = (a.strides[dim], b.strides[dim]);
        let outer = shape.len().wrapping_sub(1);
        let signed = *extent as isize;
        if outer < shape.len()
            && a_strides[outer] == a_stride * signed
            && b_strides[outer] == b_stride * signed
        {
            shape[outer] *= extent;
            (a_strides[outer], b_strides[outer]) = (a_stride, b_stride);
        } else {
            shape.push(*extent);
            a_strides.push(a_stride);
            b_strides.push(b_stride);
        }
    }
    if shape.is_empty() {
        (shape, a_strides, b_strides) = (vec![1], vec![0], vec![0]);
    }
    (shape, a_strides, b_strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutes_and_reverses() {
        let data: Vec<u8> = (0..24).collect();
        let view = View::permute(&[2, 3, 4], &[2, 0, 1]);
        let out = view.gather(&data).unwrap();
        for (index, value) in out.iter().enumerate() {
            let (c, a, b) = (index / 6, index / 3 % 2, index % 3);
            assert_eq!(usize::from(*value), a * 12 + b * 4 + c);
        }
        let backwards = View {
            shape: vec![3],
            strides: vec![-2],
            offset: 5,
        };
        assert_eq!(backwards.gather(&data).unwrap(), [5, 3, 1]);
        assert!(backwards.stays_inside(6) && !backwards.stays_inside(5));
        let before = View {
            shape: vec![4],
            strides: vec![-2],
            offset: 5,
        };
        assert!(before.gather(&data).is_err());
    }

    #[test]
    fn broadcasts_as_numpy() {
        let a: Vec<i32> = (0..6).collect();
        let b = [10, 20];
        let sum = combine((&a, &[3, 1, 2]), (&b, &[2, 1]), &[3, 2, 2], |a, b| a + b).unwrap();
        assert_eq!(sum, [10, 11, 20, 21, 12, 13, 22, 23, 14, 15, 24, 25]);
        let scalar = combine((&[1], &[]), (&b, &[2]), &[2], |a, b| a + b).unwrap();
        assert_eq!(scalar, [11, 21]);
        assert!(combine((&a, &[6]), (&b, &[2]), &[6], |a, b| a + b).is_err());
    }
}
