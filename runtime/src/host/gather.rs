//! Gather along an axis: `output[.., i, ..] = data[.., indices[.., i, ..], ..]`.
//!
//! The semantics are those of ONNX GatherElements and `numpy.take_along_axis`: data and indices have the same rank,
//! the output has the indices' shape, negative indices count from the end. Elements are moved, not interpreted.

/// Why a gather is impossible.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatherError {
    /// The axis does not exist.
    #[error("axis {axis} does not exist in a tensor of rank {rank}")]
    Axis {
        /// As given.
        axis: i32,
        /// Of the data.
        rank: usize,
    },
    /// Ranks or sizes do not fit together.
    #[error("data of shape {data:?} cannot be gathered with indices of shape {indices:?} along axis {axis}")]
    Shape {
        /// Of the data.
        data: Vec<usize>,
        /// Of the indices.
        indices: Vec<usize>,
        /// Normalised.
        axis: usize,
    },
    /// A buffer does not hold what its shape says.
    #[error("a buffer of {found} bytes where the shape needs {expected}")]
    Size {
        /// Bytes there are.
        found: usize,
        /// Bytes needed.
        expected: usize,
    },
    /// An index points outside.
    #[error("index {index} at position {position} is outside the axis, which has {length} elements")]
    Index {
        /// The index.
        index: i32,
        /// Which one, counted through.
        position: usize,
        /// Of the axis.
        length: usize,
    },
}

/// Gathers elements of `element_bytes` bytes. Data and result are contiguous, `indices` are in row-major order.
pub fn gather_elements(
    data: &[u8],
    element_bytes: usize,
    data_shape: &[usize],
    indices: &[i32],
    indices_shape: &[usize],
    axis: i32,
) -> Result<Vec<u8>, GatherError> {
    let rank = data_shape.len();
    let axis_error = GatherError::Axis { axis, rank };
    let axis = if axis < 0 {
        i64::from(axis) + rank as i64
    } else {
        i64::from(axis)
    };
    let axis = usize::try_from(axis)
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or(axis_error)?;
    let others_fit = indices_shape.len() == rank
        && (0..rank).all(|dim| dim == axis || indices_shape[dim] <= data_shape[dim]);
    if !others_fit {
        return Err(GatherError::Shape {
            data: data_shape.to_vec(),
            indices: indices_shape.to_vec(),
            axis,
        });
    }
    for (found, expected) in [
        (
            data.len(),
            count(data_shape).and_then(|count| count.checked_mul(element_bytes)),
        ),
        (
            indices.len() * 4,
            count(indices_shape).and_then(|count| count.checked_mul(4)),
        ),
    ] {
        let expected = expected.unwrap_or(usize::MAX);
        if found != expected {
            return Err(GatherError::Size { found, expected });
        }
    }
    let mut strides = vec![1; rank];
    for dim in (1..rank).rev() {
        strides[dim - 1] = strides[dim] * data_shape[dim];
    }
    let length = data_shape[axis];
    let mut output = Vec::with_capacity(indices.len() * element_bytes);
    let mut position = vec![0; rank];
    for (at, index) in indices.iter().enumerate() {
        let wrapped = if *index < 0 {
            i64::from(*index) + length as i64
        } else {
            i64::from(*index)
        };
        let along = usize::try_from(wrapped).ok().filter(|along| *along < length);
        let along = along.ok_or(GatherError::Index {
            index: *index,
            position: at,
            length,
        })?;
        let offset: usize = (0..rank)
            .map(|dim| strides[dim] * if dim == axis { along } else { position[dim] })
            .sum();
        output.extend_from_slice(&data[offset * element_bytes..(offset + 1) * element_bytes]);
        for dim in (0..rank).rev() {
            position[dim] += 1;
            if position[dim] < indices_shape[dim] {
                break;
            }
            position[dim] = 0;
        }
    }
    Ok(output)
}

pub(super) fn count(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, dim| product.checked_mul(*dim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_along_each_axis() {
        // numpy.take_along_axis(arange(6).reshape(2, 3), indices, axis)
        let data: Vec<u8> = (0..6).collect();
        let gather =
            |indices: &[i32], shape: &[usize], axis| gather_elements(&data, 1, &[2, 3], indices, shape, axis);
        assert_eq!(gather(&[1, 0, 1], &[1, 3], 0).unwrap(), [3, 1, 5]);
        assert_eq!(gather(&[2, 0, -1, 1], &[2, 2], 1).unwrap(), [2, 0, 5, 4]);
        assert_eq!(gather(&[2, 0, -1, 1], &[2, 2], -1).unwrap(), [2, 0, 5, 4]);
        assert!(gather(&[], &[2, 0], 1).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let data = [0; 24];
        let gather =
            |indices: &[i32], shape: &[usize], axis| gather_elements(&data, 4, &[2, 3], indices, shape, axis);
        assert_eq!(
            gather(&[0], &[1, 1], 2),
            Err(GatherError::Axis { axis: 2, rank: 2 })
        );
        assert_eq!(
            gather(&[3], &[1, 1], 1),
            Err(GatherError::Index {
                index: 3,
                position: 0,
                length: 3
            })
        );
        assert!(matches!(
            gather(&[0; 3], &[3, 1], 1),
            Err(GatherError::Shape { .. })
        ));
        assert!(matches!(
            gather(&[0; 3], &[1, 1, 3], 1),
            Err(GatherError::Shape { .. })
        ));
        assert!(matches!(
            gather(&[0; 3], &[2, 2], 1),
            Err(GatherError::Size { .. })
        ));
    }
}
