//! Raw YUV 4:2:0 pictures, converted as `cv2.cvtColor` does (ITU-R BT.601, 20-bit fixed point).

use std::io::Read;
use std::path::Path;

use super::DataError;
use super::file::SharedFile;
use super::image::Image;
use super::preprocess::YuvType;

/// Reads a picture of `columns` whose luma and chroma planes together have `rows` rows, so that it is
/// `rows * 2 / 3` pixels high. Channels are red first or blue first.
///
/// # Errors
/// [`DataError`] when the file cannot be read or its size is not `rows * columns` bytes.
pub fn read(
    path: &Path,
    [rows, columns]: [usize; 2],
    yuv_type: YuvType,
    red_first: bool,
) -> Result<Image, DataError> {
    let expected = rows.saturating_mul(columns);
    if rows % 3 != 0 || columns % 2 != 0 || rows == 0 || columns == 0 {
        return Err(DataError::malformed(
            path,
            format!("YUV 4:2:0 needs rows divisible by 3 and columns divisible by 2, not {rows} x {columns}"),
        ));
    }
    let mut file = SharedFile::open(path)?;
    if file.length() != expected as u64 {
        return Err(DataError::malformed(
            path,
            format!(
                "the file has {} bytes, {rows} rows of {columns} bytes (resize_dims) are {expected}",
                file.length()
            ),
        ));
    }
    let mut data = vec![0_u8; expected];
    file.read_exact(&mut data)
        .map_err(|source| DataError::io("read", path, source))?;
    Ok(convert(&data, rows / 3 * 2, columns, yuv_type, red_first))
}

fn convert(data: &[u8], height: usize, width: usize, yuv_type: YuvType, red_first: bool) -> Image {
    let (luma, chroma) = data.split_at(height * width);
    let plane = height * width / 4;
    let mut samples = Vec::with_capacity(height * width * 3);
    for y in 0..height {
        for x in 0..width {
            let block = y / 2 * (width / 2) + x / 2;
            let (u, v) = match yuv_type {
                YuvType::Yuv420Planar => (chroma[block], chroma[plane + block]),
                YuvType::Nv12 => (chroma[2 * block], chroma[2 * block + 1]),
                YuvType::Nv21 => (chroma[2 * block + 1], chroma[2 * block]),
            };
            let [red, green, blue] = rgb(luma[y * width + x], u, v);
            samples.extend(if red_first {
                [red, green, blue]
            } else {
                [blue, green, red]
            });
        }
    }
    Image {
        width,
        height,
        channels: 3,
        samples,
    }
}

fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let y = (i32::from(y) - 16).max(0) * 1_220_542;
    let half = 1 << 19;
    let channel = |chroma: i32| ((y + half + chroma) >> 20).clamp(0, 255) as u8;
    [
        channel(1_673_527 * v),
        channel(-852_492 * v - 409_993 * u),
        channel(2_116_026 * u),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_levels_and_extremes() {
        assert_eq!(rgb(16, 128, 128), [0; 3]);
        assert_eq!(rgb(235, 128, 128), [255; 3]);
        assert_eq!(rgb(0, 128, 128), [0; 3]);
        assert_eq!(rgb(81, 90, 240), [254, 0, 0]);
    }

    #[test]
    fn planes_are_where_the_type_says() {
        let data = [81, 81, 81, 81, 90, 240];
        let planar = convert(&data, 2, 2, YuvType::Yuv420Planar, true);
        assert_eq!(planar.samples, [254, 0, 0].repeat(4));
        assert_eq!(
            convert(&data, 2, 2, YuvType::Nv12, false).samples,
            [0, 0, 254].repeat(4)
        );
        let swapped = [81, 81, 81, 81, 240, 90];
        assert_eq!(
            convert(&swapped, 2, 2, YuvType::Nv21, true).samples,
            [254, 0, 0].repeat(4)
        );
    }
}
