//! From a picture to a network's input: resize, crop, `(x - mean) * scale`, layout.
//!
//! The steps, their order and their arithmetic are those of TPU-MLIR 1.30.2 for the attributes of `top.Input`, so that
//! inputs made from the same files are equal bit for bit:
//! decode; resize to `resize_dims` (stretched, letterboxed, or by the short side and cropped); crop the centre to the
//! network's extents when they differ; reorder channels; subtract the mean and multiply by the scale in f32; move
//! channels last if asked; repeat a single picture over the batch.

use std::path::Path;
use std::str::FromStr;

use ndarray::{Array4, ArrayD, Axis, s};

use super::image::{self, ColorMode, Image};
use super::resize;
use super::{DataError, Tensor, npy, npz, yuv};

/// How the aspect ratio is kept (`keep_ratio_mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepRatioMode {
    /// The whole picture, the rest filled with `pad_value`.
    #[default]
    Letterbox,
    /// The shorter side fits, the longer one is cropped around the centre.
    ShortSideScale,
}

/// Where a letterboxed picture is put (`pad_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PadType {
    /// At the upper left.
    Normal,
    /// In the middle.
    #[default]
    Center,
}

/// Channels of the network's input (`pixel_format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PixelFormat {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    #[default]
    Bgr,
    /// Brightness only.
    Gray,
    /// Red, green, blue, alpha.
    Rgba,
    /// Raw sensor patterns. Pictures are read as BGR.
    Gbrg,
    /// See [`PixelFormat::Gbrg`].
    Grbg,
    /// See [`PixelFormat::Gbrg`].
    Bggr,
    /// See [`PixelFormat::Gbrg`].
    Rggb,
}

/// Layout of the network's input (`channel_format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelFormat {
    /// Channels before rows.
    #[default]
    Nchw,
    /// Channels after columns.
    Nhwc,
    /// Not a picture: data are taken as they are.
    None,
}

/// Arrangement of a `.yuv` file (`yuv_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YuvType {
    /// Three planes: Y, U, V.
    Yuv420Planar,
    /// Y, then U and V in turn.
    Nv12,
    /// Y, then V and U in turn.
    Nv21,
}

/// Gives an enum the spelling of an attribute or option, both ways.
macro_rules! spelled {
    ($ty:ident, $option:literal, $($name:literal => $variant:ident),+) => {
        impl $ty {
            /// The spelling in attributes and options.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
        impl FromStr for $ty {
            type Err = DataError;
            fn from_str(text: &str) -> Result<Self, DataError> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(DataError::Option(format!(
                        concat!("'{}' is not a ", $option, "; choose from {}"),
                        text,
                        [$($name),+].join(", ")
                    ))),
                }
            }
        }
    };
}

spelled!(KeepRatioMode, "keep_ratio_mode", "letterbox" => Letterbox, "short_side_scale" => ShortSideScale);
spelled!(PadType, "pad_type", "normal" => Normal, "center" => Center);
spelled!(PixelFormat, "pixel_format", "rgb" => Rgb, "bgr" => Bgr, "gray" => Gray, "rgba" => Rgba, "gbrg" => Gbrg,
    "grbg" => Grbg, "bggr" => Bggr, "rggb" => Rggb);
spelled!(ChannelFormat, "channel_format", "nchw" => Nchw, "nhwc" => Nhwc, "none" => None);
spelled!(YuvType, "yuv_type", "YUV420_PLANAR" => Yuv420Planar, "YUV_NV12" => Nv12, "YUV_NV21" => Nv21);

impl PixelFormat {
    /// Channels of a picture in this format.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgba => 4,
            _ => 3,
        }
    }
}

/// What is done to a picture before the network sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    /// Pictures in the network's batch.
    pub batch: usize,
    /// Rows and columns of the network's input.
    pub net_dims: [usize; 2],
    /// Rows and columns to resize to before the centre is cropped to `net_dims`.
    pub resize_dims: [usize; 2],
    /// Resize without distortion, as `keep_ratio_mode` says.
    pub keep_aspect_ratio: bool,
    /// See [`KeepRatioMode`].
    pub keep_ratio_mode: KeepRatioMode,
    /// Sample value of the area that a letterboxed picture leaves free, 0 to 255.
    pub pad_value: i64,
    /// See [`PadType`].
    pub pad_type: PadType,
    /// Per channel of the network's input, or one for all.
    pub mean: Vec<f32>,
    /// Per channel of the network's input, or one for all.
    pub scale: Vec<f32>,
    /// See [`PixelFormat`].
    pub pixel_format: PixelFormat,
    /// See [`ChannelFormat`].
    pub channel_format: ChannelFormat,
    /// Needed for `.yuv` files only.
    pub yuv_type: Option<YuvType>,
}

impl Preprocess {
    /// The default (BGR, stretched, no mean, scale 1) for a network input of `shape`. Inputs of fewer than two axes
    /// are no pictures and get [`ChannelFormat::None`].
    #[must_use]
    pub fn for_input(shape: &[usize], channel_format: ChannelFormat) -> Self {
        let (net_dims, channel_format) = match (shape, channel_format) {
            ([] | [_], _) => ([1, 1], ChannelFormat::None),
            ([.., height, width, _], ChannelFormat::Nhwc) => ([*height, *width], channel_format),
            ([.., height, width], _) => ([*height, *width], channel_format),
        };
        Self {
            batch: shape.first().copied().unwrap_or(1),
            net_dims,
            resize_dims: net_dims,
            keep_aspect_ratio: false,
            keep_ratio_mode: KeepRatioMode::default(),
            pad_value: 0,
            pad_type: PadType::default(),
            mean: vec![0.0; 3],
            scale: vec![1.0; 3],
            pixel_format: PixelFormat::default(),
            channel_format,
            yuv_type: None,
        }
    }

    /// Makes the network's input from pictures: f32, `[n, c, h, w]` or `[n, h, w, c]`.
    ///
    /// One picture is repeated over the batch; of several, each is one of the batch.
    ///
    /// # Errors
    /// [`DataError`] naming the file that cannot be read, or the setting that does not fit.
    pub fn run<P: AsRef<Path>>(&self, pictures: &[P]) -> Result<ArrayD<f32>, DataError> {
        let copies = if pictures.len() == 1 { self.batch } else { 1 };
        let pieces: Vec<ArrayD<f32>> = pictures
            .iter()
            .map(|path| self.picture(path.as_ref()))
            .collect::<Result<_, _>>()?;
        let views: Vec<_> = pieces
            .iter()
            .flat_map(|piece| std::iter::repeat_n(piece.view(), copies))
            .collect();
        ndarray::concatenate(Axis(0), &views)
            .map_err(|_| DataError::Option("at least one picture is needed".to_string()))
    }

    /// One picture of a batch: `[1, c, h, w]` or `[1, h, w, c]`.
    ///
    /// # Errors
    /// As [`Preprocess::run`].
    pub fn picture(&self, path: &Path) -> Result<ArrayD<f32>, DataError> {
        let is_yuv = FileKind::of(&path.to_string_lossy()) == FileKind::Yuv;
        let read = || {
            if is_yuv {
                self.read_yuv(path)
            } else {
                image::read(path, self.color_mode())
            }
        };
        read()
            .and_then(|image| self.prepared(&image, is_yuv))
            .map_err(|error| match error {
                DataError::Option(reason) => DataError::malformed(path, reason),
                error => error,
            })
    }

    /// As [`Preprocess::picture`], of a picture in memory that has the colours of [`Preprocess::color_mode`].
    ///
    /// # Errors
    /// [`DataError::Option`] when a setting does not fit.
    pub fn image(&self, image: &Image) -> Result<ArrayD<f32>, DataError> {
        self.prepared(image, false)
    }

    fn prepared(&self, image: &Image, is_yuv: bool) -> Result<ArrayD<f32>, DataError> {
        let image = center_crop(self.resize(image, is_yuv)?, self.net_dims)?;
        let planes = self.normalize(&image)?;
        Ok(match self.channel_format {
            ChannelFormat::Nhwc => planes
                .permuted_axes([0, 2, 3, 1])
                .as_standard_layout()
                .into_owned()
                .into_dyn(),
            _ => planes.into_dyn(),
        })
    }

    /// What a picture is read as.
    #[must_use]
    pub fn color_mode(&self) -> ColorMode {
        match self.pixel_format {
            PixelFormat::Gray => ColorMode::Gray,
            PixelFormat::Rgba => ColorMode::Rgba,
            _ => ColorMode::Bgr,
        }
    }

    /// Makes a network's input from one sample: a picture, several pictures joined by commas, an npy file, or an npz
    /// file with the tensor `name`. npy and npz hold the input as the network wants it and are only converted to f32.
    ///
    /// # Errors
    /// As [`Preprocess::run`]; for an npz that has neither `name` nor exactly one tensor, the names it has.
    pub fn load(&self, name: &str, sample: &str) -> Result<ArrayD<f32>, DataError> {
        match FileKind::of(sample) {
            FileKind::Npz => Ok(load_from_npz(Path::new(sample), name)?.into_f32()),
            FileKind::Npy => Ok(npy::read(Path::new(sample))?.into_f32()),
            FileKind::Image | FileKind::Yuv | FileKind::Other => {
                let pictures: Vec<&str> = sample.split(',').map(str::trim).collect();
                self.run(&pictures)
            }
        }
    }

    fn read_yuv(&self, path: &Path) -> Result<Image, DataError> {
        let option = |text: &str| Err(DataError::Option(text.to_string()));
        let Some(yuv_type) = self.yuv_type else {
            return option("a .yuv file needs yuv_type (YUV420_PLANAR, YUV_NV12 or YUV_NV21)");
        };
        if self.keep_aspect_ratio {
            return option("keep_aspect_ratio is not possible for .yuv files; remove it");
        }
        if !matches!(self.pixel_format, PixelFormat::Rgb | PixelFormat::Bgr) {
            return option("a .yuv file makes an rgb or bgr input only; change pixel_format");
        }
        // Red first when rgb is wanted: the channels are swapped once more below, as upstream does.
        yuv::read(
            path,
            self.resize_dims,
            yuv_type,
            self.pixel_format == PixelFormat::Rgb,
        )
    }

    fn resize(&self, image: &Image, is_yuv: bool) -> Result<Image, DataError> {
        let [height, width] = self.resize_dims;
        if height == 0 || width == 0 {
            return Err(DataError::Option("resize_dims has a 0".to_string()));
        }
        if is_yuv {
            // Two thirds of the rows, the fraction computed in f64 as upstream does.
            return Ok(resize::linear_u8(
                image,
                width,
                (height as f64 / 3.0 * 2.0).ceil() as usize,
            ));
        }
        if !self.keep_aspect_ratio {
            return Ok(resize::linear_u8(image, width, height));
        }
        let ratios = (
            width as f64 / image.width as f64,
            height as f64 / image.height as f64,
        );
        match self.keep_ratio_mode {
            KeepRatioMode::Letterbox => {
                let ratio = ratios.0.min(ratios.1);
                self.letterbox(
                    image,
                    (image.width as f64 * ratio) as usize,
                    (image.height as f64 * ratio) as usize,
                )
            }
            KeepRatioMode::ShortSideScale => {
                let ratio = ratios.0.max(ratios.1);
                let extent = |from: usize, least: usize| ((from as f64 * ratio) as usize).max(least);
                let resized =
                    resize::linear_u8(image, extent(image.width, width), extent(image.height, height));
                let (left, top) = ((resized.width - width) / 2, (resized.height - height) / 2);
                Ok(crop(&resized, left, top, width, height))
            }
        }
    }

    fn letterbox(&self, image: &Image, inner_width: usize, inner_height: usize) -> Result<Image, DataError> {
        let [height, width] = self.resize_dims;
        let pad_value = u8::try_from(self.pad_value)
            .map_err(|_| DataError::Option(format!("pad_value {} is not from 0 to 255", self.pad_value)))?;
        if image.channels == 4 {
            return Err(DataError::Option(
                "an rgba picture cannot be letterboxed; use short_side_scale".to_string(),
            ));
        }
        if inner_width == 0 || inner_height == 0 {
            return Err(DataError::Option(format!(
                "a picture of {} x {} pixels is too narrow to be letterboxed to {width} x {height}",
                image.width, image.height
            )));
        }
        let inner = resize::linear_u8(image, inner_width, inner_height);
        let (left, top) = match self.pad_type {
            PadType::Center => ((width - inner_width) / 2, (height - inner_height) / 2),
            PadType::Normal => (0, 0),
        };
        let channels = inner.channels;
        let mut samples = vec![pad_value; height * width * channels];
        for (row, line) in inner.samples.chunks_exact(inner_width * channels).enumerate() {
            let start = ((top + row) * width + left) * channels;
            samples[start..start + line.len()].copy_from_slice(line);
        }
        Ok(Image {
            width,
            height,
            channels,
            samples,
        })
    }

    fn normalize(&self, image: &Image) -> Result<Array4<f32>, DataError> {
        let channels = image.channels;
        let mean = self.per_channel("mean", &self.mean, channels)?;
        let scale = self.per_channel("scale", &self.scale, channels)?;
        let pixels = image.width * image.height;
        let mut planes = Array4::zeros((1, channels, image.height, image.width));
        let samples = planes.as_slice_mut().unwrap_or_default();
        for (channel, plane) in samples.chunks_exact_mut(pixels.max(1)).enumerate() {
            let source = if self.pixel_format == PixelFormat::Rgb {
                channels - 1 - channel
            } else {
                channel
            };
            let (mean, scale) = (mean[channel], scale[channel]);
            for (value, pixel) in plane.iter_mut().zip(image.samples.chunks_exact(channels)) {
                *value = (f32::from(pixel[source]) - mean) * scale;
            }
        }
        Ok(planes)
    }

    fn per_channel(&self, option: &str, values: &[f32], channels: usize) -> Result<Vec<f32>, DataError> {
        match values {
            [value] => Ok(vec![*value; channels]),
            _ if values.len() == channels || (channels == 1 && !values.is_empty()) => {
                Ok(values[..channels].to_vec())
            }
            _ => Err(DataError::Option(format!(
                "{option} has {} values, pixel_format {} needs {channels} (or one for all)",
                values.len(),
                self.pixel_format.name()
            ))),
        }
    }
}

/// Kind of a sample file, by its name's extension in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.npz`: one or more named tensors.
    Npz,
    /// `.npy`: one tensor.
    Npy,
    /// `.jpg .jpeg .jfif .bmp .png`.
    Image,
    /// `.yuv`: raw YUV 4:2:0.
    Yuv,
    /// Anything else.
    Other,
}

impl FileKind {
    /// The kind that the last extension of `name` tells.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_lowercase()
            .as_str()
        {
            "npz" => Self::Npz,
            "npy" => Self::Npy,
            "yuv" => Self::Yuv,
            "jpg" | "jpeg" | "jfif" | "bmp" | "png" => Self::Image,
            _ => Self::Other,
        }
    }
}

/// The tensor of that name, or the only one of an archive.
///
/// # Errors
/// [`DataError::NoSuchTensor`] listing the names there are.
pub fn load_from_npz(path: &Path, name: &str) -> Result<Tensor, DataError> {
    let archive = npz::NpzReader::open(path)?;
    let only = archive
        .names()
        .next()
        .filter(|_| archive.len() == 1)
        .map(str::to_string);
    match only {
        Some(only) if !archive.contains(name) => archive.load(&only),
        _ => archive.load(name),
    }
}

/// Repeats a tensor whose first extent is 1 until it is `batch`; others are left as they are.
#[must_use]
pub fn repeat_to_batch(data: ArrayD<f32>, batch: usize) -> ArrayD<f32> {
    if data.shape().first() != Some(&1) || batch <= 1 {
        return data;
    }
    let views = vec![data.view(); batch];
    ndarray::concatenate(Axis(0), &views).unwrap_or_else(|_| data.clone())
}

fn center_crop(image: Image, [height, width]: [usize; 2]) -> Result<Image, DataError> {
    if image.height == height && image.width == width {
        return Ok(image);
    }
    if image.height < height || image.width < width {
        return Err(DataError::Option(format!(
            "resize_dims makes a picture of {} x {} rows and columns, the network needs {height} x {width}; \
             resize_dims must not be smaller",
            image.height, image.width
        )));
    }
    let (left, top) = (image.width / 2 - width / 2, image.height / 2 - height / 2);
    Ok(crop(&image, left, top, width, height))
}

fn crop(image: &Image, left: usize, top: usize, width: usize, height: usize) -> Image {
    let channels = image.channels;
    let rows = ndarray::ArrayView3::from_shape((image.height, image.width, channels), &image.samples)
        .expect("samples of an image");
    let part = rows.slice(s![top..top + height, left..left + width, ..]);
    Image {
        width,
        height,
        channels,
        samples: part.iter().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(directory: &Path, width: usize, height: usize) -> std::path::PathBuf {
        let path = directory.join(format!("{width}x{height}.png"));
        let samples = (0..width * height * 3)
            .map(|index| (index * 7 % 256) as u8)
            .collect();
        ::image::RgbImage::from_raw(width as u32, height as u32, samples)
            .unwrap()
            .save(&path)
            .unwrap();
        path
    }

    #[test]
    fn batch_layout_and_order_of_channels() {
        let directory = tempfile::tempdir().unwrap();
        let path = picture(directory.path(), 4, 2);
        let mut preprocess = Preprocess::for_input(&[3, 3, 2, 4], ChannelFormat::Nchw);
        preprocess.pixel_format = PixelFormat::Rgb;
        preprocess.mean = vec![7.0, 0.0, 0.0];
        preprocess.scale = vec![0.5];
        let result = preprocess.run(&[&path]).unwrap();
        assert_eq!(result.shape(), [3, 3, 2, 4]);
        assert_eq!(result[[2, 0, 0, 1]], (21.0 - 7.0) * 0.5);
        assert_eq!(result[[0, 2, 0, 0]], 7.0);
        preprocess.channel_format = ChannelFormat::Nhwc;
        assert_eq!(preprocess.run(&[&path, &path]).unwrap().shape(), [2, 2, 4, 3]);
        let error = preprocess.run(&[Path::new("no.jpg")]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read no.jpg"), "{error}");
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = picture(directory.path(), 4, 2);
        let base = Preprocess::for_input(&[1, 3, 2, 4], ChannelFormat::Nchw);
        let wrong = [
            (
                Preprocess {
                    mean: vec![1.0, 2.0],
                    ..base.clone()
                },
                "mean has 2 values",
            ),
            (
                Preprocess {
                    resize_dims: [1, 1],
                    ..base.clone()
                },
                "must not be smaller",
            ),
            (
                Preprocess {
                    keep_aspect_ratio: true,
                    pad_value: 300,
                    ..base.clone()
                },
                "pad_value 300",
            ),
            (
                Preprocess {
                    resize_dims: [0, 1],
                    ..base.clone()
                },
                "resize_dims has a 0",
            ),
        ];
        for (preprocess, expected) in wrong {
            let error = preprocess.run(&[&path]).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("4x2.png"), "{error}");
        }
        assert!(
            "rgbx"
                .parse::<PixelFormat>()
                .unwrap_err()
                .to_string()
                .contains("choose from rgb, bgr")
        );
        for format in [PixelFormat::Rgb, PixelFormat::Rggb] {
            assert_eq!(format.name().parse::<PixelFormat>().unwrap(), format);
        }
    }

    #[test]
    fn a_single_tensor_serves_whatever_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.npz");
        let tensor = Tensor::from_vec(&[1, 2], vec![1_u8, 2]).unwrap();
        npz::write(&path, [("other", &tensor)], npz::Compression::Stored).unwrap();
        let preprocess = Preprocess::for_input(&[2, 2], ChannelFormat::None);
        let loaded = preprocess.load("input", path.to_str().unwrap()).unwrap();
        assert_eq!(repeat_to_batch(loaded, 2).shape(), [2, 2]);
        npz::write(
            &path,
            [("other", &tensor), ("more", &tensor)],
            npz::Compression::Stored,
        )
        .unwrap();
        let error = preprocess
            .load("input", path.to_str().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("'input'; it has other, more"), "{error}");
    }
}
