//! Gather by index tuples: each row of the indices' last dimension names a slice of the data.
//!
//! The semantics are those of ONNX GatherND with `batch_dims`, and negative indices count from the end. Elements are
//! moved, not interpreted. The vendor's layer equals it where one of `batch_dims` and (tuple size - 1) is 0; in the
//! other cases its strides belong to the wrong dimensions, so they are refused here.

use super::gather::{GatherError, count};

/// Gathers slices of elements of `element_bytes` bytes. Data and result are contiguous, `indices` are in row-major order.
///
/// # Errors
/// When shapes, sizes or an index do not fit.
pub fn gather_nd(
    data: &[u8],
    element_bytes: usize,
    data_shape: &[usize],
    indices: &[i32],
    indices_shape: &[usize],
    batch_dims: i32,
) -> Result<Vec<u8>, GatherError> {
    let misfit = || GatherError::Shape {
        data: data_shape.to_vec(),
        indices: indices_shape.to_vec(),
        axis: usize::try_from(batch_dims).unwrap_or(0),
    };
    let batch_dims = usize::try_from(batch_dims).map_err(|_| misfit())?;
    let tuple = indices_shape.last().copied().unwrap_or(0);
    let fits = tuple > 0
        && batch_dims < indices_shape.len()
        && batch_dims.saturating_add(tuple) <= data_shape.len()
        && indices_shape[..batch_dims] == data_shape[..batch_dims]
        && (batch_dims == 0 || tuple == 1);
    if !fits {
        return Err(misfit());
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
    let batches = data_shape[..batch_dims].iter().product::<usize>();
    if data.is_empty() || indices.is_empty() {
        return Ok(Vec::new());
    }
    let axes = &data_shape[batch_dims..batch_dims + tuple];
    let slice = data_shape[batch_dims + tuple..].iter().product::<usize>() * element_bytes;
    let (batch_bytes, tuples) = (data.len() / batches, indices.len() / tuple / batches);
    let wanted = slice.checked_mul(tuples * batches).ok_or_else(misfit)?;
    let mut output = Vec::with_capacity(wanted);
    for (at, position) in indices.chunks_exact(tuple).enumerate() {
        let mut place = 0;
        for (index, length) in position.iter().zip(axes) {
            let wrapped = i64::from(*index) + if *index < 0 { *length as i64 } else { 0 };
            let along = usize::try_from(wrapped).ok().filter(|along| along < length);
            let along = along.ok_or(GatherError::Index {
                index: *index,
                position: at,
                length: *length,
            })?;
            place = place * length + along;
        }
        let start = at / tuples * batch_bytes + place * slice;
        output.extend_from_slice(&data[start..start + slice]);
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_slices_by_tuples() {
        let data: Vec<u8> = (0..8).collect();
        let gather = |shape: &[usize], indices: &[i32], indices_shape: &[usize], batch_dims| {
            gather_nd(&data, 1, shape, indices, indices_shape, batch_dims)
        };
        // The examples of ONNX's definition.
        assert_eq!(
            gather(&[2, 2, 2], &[0, 1, 1, 0], &[2, 2], 0).unwrap(),
            [2, 3, 4, 5]
        );
        assert_eq!(
            gather(&[2, 2, 2], &[0, 1, 1, 0], &[2, 1, 2], 0).unwrap(),
            [2, 3, 4, 5]
        );
        assert_eq!(gather(&[2, 2, 2], &[1, 0], &[2, 1], 1).unwrap(), [2, 3, 4, 5]);
        assert_eq!(gather(&[4, 2], &[0, 0, -1, 1], &[2, 2], 0).unwrap(), [0, 7]);
        assert!(gather(&[4, 2], &[], &[0, 2], 0).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let gather = |indices: &[i32], indices_shape: &[usize], batch_dims| {
            gather_nd(&[0; 8], 1, &[2, 2, 2], indices, indices_shape, batch_dims)
        };
        assert!(matches!(
            gather(&[0; 4], &[1, 4], 0),
            Err(GatherError::Shape { .. })
        ));
        assert!(matches!(
            gather(&[0; 2], &[1, 2], 1),
            Err(GatherError::Shape { .. })
        ));
        assert!(matches!(
            gather(&[0; 2], &[2, 1], -1),
            Err(GatherError::Shape { .. })
        ));
        assert!(matches!(
            gather(&[0; 3], &[2, 2], 0),
            Err(GatherError::Size { .. })
        ));
        let outside = GatherError::Index {
            index: 2,
            position: 0,
            length: 2,
        };
        assert_eq!(gather(&[0, 2], &[1, 2], 0), Err(outside));
    }
}
