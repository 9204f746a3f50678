//! Photographs from files, bit for bit as `cv2.imread` gives them, since calibration and accuracy depend on it.
//!
//! JPEG is decoded by libjpeg's code (accurate integer DCT, smooth chroma upsampling), which OpenCV uses too; the
//! orientation in a JPEG's Exif data is applied. PNG and BMP lose their alpha channel and the lower half of 16-bit
//! samples. The kind of file is told from its first bytes, not its name. A PNG's `gAMA` chunk is not considered when
//! a colour image is asked for as gray.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{DynamicImage, ImageFormat};

use super::DataError;
use super::file::SharedFile;

/// An 8-bit image, rows from the top, channels interleaved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1, 3 or 4.
    pub channels: usize,
    /// `height * width * channels` samples.
    pub samples: Vec<u8>,
}

/// What to make of a file's colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorMode {
    /// Three channels: blue, green, red (`IMREAD_COLOR`).
    Bgr,
    /// One channel (`IMREAD_GRAYSCALE`).
    Gray,
    /// Four channels: red, green, blue, alpha; alpha is 255 where the file has none. No orientation is applied.
    Rgba,
}

/// Largest image that is decoded, in pixels, as in OpenCV.
const MOST_PIXELS: u64 = 1 << 30;
/// A byte of a file cannot stand for more pixels than this in any of the formats; a header that says so is a lie.
const MOST_PIXELS_PER_BYTE: u64 = 16384;

/// Reads an image file.
///
/// # Errors
/// [`DataError`] naming the file when it cannot be read or is not a JPEG, PNG or BMP image.
pub fn read(path: &Path, mode: ColorMode) -> Result<Image, DataError> {
    let mut file = SharedFile::open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|source| DataError::io("read", path, source))?;
    decode(&bytes, mode).map_err(|reason| DataError::Picture {
        path: path.to_path_buf(),
        reason,
    })
}

/// Decodes the content of an image file.
///
/// # Errors
/// A sentence about what is wrong with it.
pub fn decode(bytes: &[u8], mode: ColorMode) -> Result<Image, String> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        let image = decode_jpeg(bytes, mode)?;
        return Ok(if mode == ColorMode::Rgba {
            image
        } else {
            orient(image, exif_orientation(bytes))
        });
    }
    let format = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ImageFormat::Png
    } else if bytes.starts_with(b"BM") {
        ImageFormat::Bmp
    } else if bytes.is_empty() {
        return Err("the file is empty".to_string());
    } else {
        return Err("not an image of a known kind (JPEG, PNG and BMP are)".to_string());
    };
    decode_lossless(bytes, format, mode)
}

/// An image of planes of `width` by `height` samples: gray, or blue, green and red.
///
/// # Errors
/// A sentence when there is another number of planes.
pub fn from_planes(planes: &[&[u8]], width: usize, height: usize, mode: ColorMode) -> Result<Image, String> {
    let (blue, green, red) = match *planes {
        [gray] => (gray, gray, gray),
        [blue, green, red] => (blue, green, red),
        _ => {
            return Err(format!(
                "the picture has {} channels; 1 (gray) and 3 (blue, green, red) are supported",
                planes.len()
            ));
        }
    };
    let pixels = blue
        .iter()
        .zip(green)
        .zip(red)
        .map(|((blue, green), red)| [*blue, *green, *red]);
    let (channels, samples): (usize, Vec<u8>) = match mode {
        ColorMode::Gray if planes.len() == 1 => (1, blue.to_vec()),
        ColorMode::Gray => (1, pixels.map(|[b, g, r]| gray_of_rgb(r, g, b)).collect()),
        ColorMode::Bgr => (3, pixels.flatten().collect()),
        ColorMode::Rgba => (4, pixels.flat_map(|[b, g, r]| [r, g, b, 255]).collect()),
    };
    Ok(Image {
        width,
        height,
        channels,
        samples,
    })
}

fn check_size(width: u64, height: u64, file_bytes: usize) -> Result<(), String> {
    let pixels = width.saturating_mul(height);
    if pixels == 0
        || pixels > MOST_PIXELS
        || pixels > (file_bytes as u64).saturating_mul(MOST_PIXELS_PER_BYTE)
    {
        return Err(format!(
            "an image of {width} x {height} pixels in {file_bytes} bytes is not plausible"
        ));
    }
    Ok(())
}

fn decode_jpeg(bytes: &[u8], mode: ColorMode) -> Result<Image, String> {
    // libjpeg reports fatal errors by unwinding.
    match catch_unwind(AssertUnwindSafe(|| decode_jpeg_or_unwind(bytes, mode))) {
        Ok(result) => result,
        Err(payload) => {
            let reason = payload
                .downcast_ref::<String>()
                .map_or("unknown reason", String::as_str);
            Err(format!(
                "the JPEG image is damaged ({})",
                reason.trim_start_matches("libjpeg fatal error: ")
            ))
        }
    }
}

fn decode_jpeg_or_unwind(bytes: &[u8], mode: ColorMode) -> Result<Image, String> {
    let damaged = |error: std::io::Error| format!("the JPEG image is damaged ({error})");
    let decompress = mozjpeg::Decompress::new_mem(bytes).map_err(damaged)?;
    let (width, height) = decompress.size();
    check_size(width as u64, height as u64, bytes.len())?;
    let four_inks = decompress.components().len() == 4;
    let color_space = match mode {
        _ if four_inks => mozjpeg::ColorSpace::JCS_CMYK,
        ColorMode::Gray => mozjpeg::ColorSpace::JCS_GRAYSCALE,
        ColorMode::Bgr | ColorMode::Rgba => mozjpeg::ColorSpace::JCS_RGB,
    };
    let mut started = decompress.to_colorspace(color_space).map_err(damaged)?;
    let mut samples: Vec<u8> = started.read_scanlines().map_err(damaged)?;
    if four_inks {
        samples = samples.chunks_exact(4).flat_map(rgb_from_inverted_cmyk).collect();
    }
    let pixels = || samples.chunks_exact(3);
    let (channels, samples) = match mode {
        ColorMode::Gray if four_inks => (1, pixels().map(|p| gray_of_rgb(p[0], p[1], p[2])).collect()),
        ColorMode::Gray => (1, samples),
        ColorMode::Bgr => (3, pixels().flat_map(|p| [p[2], p[1], p[0]]).collect()),
        ColorMode::Rgba => (4, pixels().flat_map(|p| [p[0], p[1], p[2], 255]).collect()),
    };
    Ok(Image {
        width,
        height,
        channels,
        samples,
    })
}

/// Adobe's four-ink images hold inverted values; the formula is OpenCV's.
fn rgb_from_inverted_cmyk(inks: &[u8]) -> [u8; 3] {
    let black = i32::from(inks[3]);
    [0, 1, 2].map(|ink| (black - (((255 - i32::from(inks[ink])) * black) >> 8)) as u8)
}

/// ITU-R BT.601 luma in 14-bit fixed point, rounded to nearest, as OpenCV converts everything but JPEG and PNG.
fn gray_of_rgb(red: u8, green: u8, blue: u8) -> u8 {
    ((4899 * u32::from(red) + 9617 * u32::from(green) + 1868 * u32::from(blue) + (1 << 13)) >> 14) as u8
}

/// The same in 15-bit fixed point, cut off, as libpng converts; equal channels are kept.
fn gray_of_rgb_in_png(red: u8, green: u8, blue: u8) -> u8 {
    if red == green && green == blue {
        return red;
    }
    ((9797 * u32::from(red) + 19234 * u32::from(green) + 3737 * u32::from(blue)) >> 15) as u8
}

/// 16-bit samples are converted before they are cut to 8 bits, and rounded.
fn gray_of_rgb16_in_png(pixel: &[u16]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u64::from);
    (((9797 * red + 19234 * green + 3737 * blue + 16384) >> 15) >> 8) as u8
}

fn decode_lossless(bytes: &[u8], format: ImageFormat, mode: ColorMode) -> Result<Image, String> {
    let kind = if format == ImageFormat::Png { "PNG" } else { "BMP" };
    let damaged =
        |error: image::ImageError| format!("the {kind} image is damaged or of an unknown variant ({error})");
    let reader = || image::ImageReader::with_format(Cursor::new(bytes), format);
    let (width, height) = reader().into_dimensions().map_err(damaged)?;
    check_size(u64::from(width), u64::from(height), bytes.len())?;
    let mut reader = reader();
    reader.no_limits(); // `check_size` is the limit.
    let decoded = reader.decode().map_err(damaged)?;
    let (width, height) = (width as usize, height as usize);
    if mode == ColorMode::Gray
        && matches!(
            decoded,
            DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_)
        )
    {
        let samples = decoded
            .into_rgb16()
            .as_raw()
            .chunks_exact(3)
            .map(gray_of_rgb16_in_png)
            .collect();
        return Ok(Image {
            width,
            height,
            channels: 1,
            samples,
        });
    }
    let decoded = eight_bits(decoded);
    let to_gray = if format == ImageFormat::Png {
        gray_of_rgb_in_png
    } else {
        gray_of_rgb
    };
    let has_colors = decoded.color().has_color();
    let (channels, samples): (usize, Vec<u8>) = match mode {
        ColorMode::Gray if !has_colors => (1, decoded.into_luma8().into_raw()),
        ColorMode::Gray => (
            1,
            decoded
                .into_rgb8()
                .as_raw()
                .chunks_exact(3)
                .map(|p| to_gray(p[0], p[1], p[2]))
                .collect(),
        ),
        ColorMode::Bgr => (
            3,
            decoded
                .into_rgb8()
                .as_raw()
                .chunks_exact(3)
                .flat_map(|p| [p[2], p[1], p[0]])
                .collect(),
        ),
        ColorMode::Rgba => (4, decoded.into_rgba8().into_raw()),
    };
    Ok(Image {
        width,
        height,
        channels,
        samples,
    })
}

/// Cuts 16-bit samples to their upper half; the `image` crate's own conversion would round.
fn eight_bits(decoded: DynamicImage) -> DynamicImage {
    fn upper<P, Q>(buffer: &image::ImageBuffer<P, Vec<u16>>) -> Option<image::ImageBuffer<Q, Vec<u8>>>
    where
        P: image::Pixel<Subpixel = u16>,
        Q: image::Pixel<Subpixel = u8>,
    {
        let samples = buffer.as_raw().iter().map(|sample| (sample >> 8) as u8).collect();
        image::ImageBuffer::from_raw(buffer.width(), buffer.height(), samples)
    }
    let cut = match &decoded {
        DynamicImage::ImageLuma16(buffer) => upper(buffer).map(DynamicImage::ImageLuma8),
        DynamicImage::ImageLumaA16(buffer) => upper(buffer).map(DynamicImage::ImageLumaA8),
        DynamicImage::ImageRgb16(buffer) => upper(buffer).map(DynamicImage::ImageRgb8),
        DynamicImage::ImageRgba16(buffer) => upper(buffer).map(DynamicImage::ImageRgba8),
        _ => None,
    };
    cut.unwrap_or(decoded)
}

/// The orientation (1 to 8) of a JPEG file's Exif data; 1 when there is none.
fn exif_orientation(bytes: &[u8]) -> u16 {
    exif_block(bytes)
        .and_then(orientation_in_tiff)
        .filter(|value| (1..=8).contains(value))
        .unwrap_or(1)
}

/// The TIFF structure inside the first Exif segment.
fn exif_block(bytes: &[u8]) -> Option<&[u8]> {
    let mut place = 2;
    loop {
        let header = bytes.get(place..place + 4)?;
        if header[0] != 0xff {
            return None;
        }
        let marker = header[1];
        if marker == 0xff {
            place += 1; // Fill byte.
            continue;
        }
        if marker == 0xda || marker == 0xd9 {
            return None; // Pixels or the end: no more segments to look at.
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let segment = bytes.get(place + 4..place + 2 + length)?;
        if marker == 0xe1 && segment.starts_with(b"Exif\0\0") {
            return Some(&segment[6..]);
        }
        place += 2 + length;
    }
}

fn orientation_in_tiff(tiff: &[u8]) -> Option<u16> {
    let big = match tiff.get(..2)? {
        b"MM" => true,
        b"II" => false,
        _ => return None,
    };
    let number = |place: usize, size: usize| -> Option<usize> {
        let bytes = tiff.get(place..place.checked_add(size)?)?;
        let value = |value: usize, byte: &u8| value << 8 | usize::from(*byte);
        Some(if big {
            bytes.iter().fold(0, value)
        } else {
            bytes.iter().rev().fold(0, value)
        })
    };
    let directory = number(4, 4)?;
    let entries = number(directory, 2)?;
    (0..entries).find_map(|index| {
        let entry = directory + 2 + 12 * index;
        (number(entry, 2)? == 0x0112)
            .then(|| number(entry + 8, 2))
            .flatten()
            .map(|value| value as u16)
    })
}

/// Turns an image upright.
fn orient(image: Image, orientation: u16) -> Image {
    if orientation == 1 {
        return image;
    }
    let (width, height, channels) = (image.width, image.height, image.channels);
    let turned = orientation >= 5;
    let (new_width, new_height) = if turned { (height, width) } else { (width, height) };
    let mut samples = Vec::with_capacity(image.samples.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (right, bottom) = (new_width - 1 - x, new_height - 1 - y);
            let (source_x, source_y) = match orientation {
                2 => (right, y),
                3 => (right, bottom),
                4 => (x, bottom),
                5 => (y, x),
                6 => (y, right),
                7 => (bottom, right),
                _ => (bottom, x),
            };
            let place = (source_y * width + source_x) * channels;
            samples.extend_from_slice(&image.samples[place..place + channels]);
        }
    }
    Image {
        width: new_width,
        height: new_height,
        channels,
        samples,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_an_error() {
        let jpeg = [
            0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
        ];
        for (bytes, expected) in [
            (&b""[..], "empty"),
            (b"GIF89a", "known kind"),
            (b"\x89PNG\r\n\x1a\n", "PNG image is damaged"),
            (b"BM", "BMP image is damaged"),
            (&jpeg, "JPEG image is damaged"),
            (&jpeg[..3], "JPEG image is damaged"),
        ] {
            let error = decode(bytes, ColorMode::Bgr).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn impossible_sizes_are_refused_before_decoding() {
        let mut bmp = b"BM".to_vec();
        bmp.extend_from_slice(&[0; 8]);
        bmp.extend_from_slice(&54_u32.to_le_bytes());
        bmp.extend_from_slice(&40_u32.to_le_bytes());
        bmp.extend_from_slice(&30000_i32.to_le_bytes());
        bmp.extend_from_slice(&30000_i32.to_le_bytes());
        bmp.extend_from_slice(&[1, 0, 24, 0]);
        bmp.extend_from_slice(&[0; 24]);
        let error = decode(&bmp, ColorMode::Bgr).unwrap_err();
        assert!(error.contains("30000 x 30000"), "{error}");
    }

    #[test]
    fn orientations_turn_the_image() {
        let image = Image {
            width: 3,
            height: 2,
            channels: 1,
            samples: vec![1, 2, 3, 4, 5, 6],
        };
        let cases: [(u16, usize, [u8; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
        ];
        for (orientation, width, samples) in cases {
            let turned = orient(image.clone(), orientation);
            assert_eq!(
                (turned.width, turned.samples.as_slice()),
                (width, &samples[..]),
                "{orientation}"
            );
        }
    }
}
