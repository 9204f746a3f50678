//! `tpuc transform` (`model_transform`): an ONNX network becomes MLIR text of the `top` dialect with its weights beside it, and
//! optionally one inference of it.

use super::output::{print, warn};
use crate::data::npz::{self, Compression};
use crate::data::preprocess::{ChannelFormat, KeepRatioMode, PadType, PixelFormat, YuvType};
use crate::import::onnx::{ImportOptions, InputPreprocess, import};
use crate::inference::{Dump, Interpreter};
use crate::inputs::{input_specs, load_inputs};
use crate::pass::run_pipeline;
use crate::program::Program;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Turn an ONNX network into MLIR text.
#[derive(Debug, Args)]
#[command(rename_all = "snake_case")]
#[command(after_help = "Example:
  tpuc transform --model_name net --model_def net.onnx --input_shapes '[[1,3,240,320]]' --mean 127,127,127 \\
    --scale 0.0078125,0.0078125,0.0078125 --pixel_format rgb --test_input face.jpg --test_result net_top_outputs.npz \\
    --mlir net.mlir
Writes net.mlir with its weights net_top_f32_all_weight.npz, net_origin.mlir (before any pass), net_in_f32.npz (the input of the
test) and net_top_outputs.npz (all tensors of the test).")]
pub struct TransformArgs {
    /// Name of the network; files and the module are called by it.
    #[arg(long, value_name = "NAME")]
    pub model_name: String,
    /// The network: an ONNX file, or MLIR text in the top dialect.
    #[arg(long, value_name = "FILE")]
    pub model_def: PathBuf,
    /// How the network is read.
    #[command(flatten)]
    pub import: ImportArgs,
    /// Input of one inference: an npz, or a picture or npy for each input, joined by commas.
    #[arg(long, value_name = "FILES", default_value = "", hide_default_value = true)]
    pub test_input: String,
    /// npz for all tensors of that inference.
    #[arg(long, value_name = "FILE")]
    pub test_result: Option<PathBuf>,
    /// The text to write.
    #[arg(long, value_name = "FILE")]
    pub mlir: PathBuf,
    /// Write the weights of NAME_origin.mlir, too.
    #[arg(long)]
    pub debug: bool,
    #[arg(long, hide = true)]
    tolerance: Option<String>,
    #[arg(long, hide = true)]
    excepts: Option<String>,
    #[arg(long, hide = true)]
    cache_skip: bool,
}

/// How a network is read: what its inputs are and where it ends.
#[derive(Clone, Debug, Args)]
#[command(rename_all = "snake_case")]
pub struct ImportArgs {
    /// Shapes of the inputs in order, such as [[1,3,224,224]]; the file's own if not given.
    #[arg(long, value_name = "SHAPES", default_value = "", hide_default_value = true)]
    pub input_shapes: String,
    /// Tensors that become the outputs, joined by commas; the file's own if not given.
    #[arg(long, value_name = "NAMES", default_value = "", hide_default_value = true)]
    pub output_names: String,
    /// Rows and columns to resize pictures to before the centre is cropped, such as 256,256; the network's if not given.
    #[arg(long, value_name = "H,W", default_value = "", hide_default_value = true)]
    pub resize_dims: String,
    /// Resize pictures without distortion.
    #[arg(long)]
    pub keep_aspect_ratio: bool,
    /// How: letterbox or short_side_scale.
    #[arg(long, value_name = "MODE", default_value = "letterbox")]
    pub keep_ratio_mode: String,
    /// Subtracted from each channel.
    #[arg(
        long,
        value_name = "M,M,M",
        default_value = "0,0,0",
        allow_hyphen_values = true
    )]
    pub mean: String,
    /// Multiplied to each channel after the mean is subtracted.
    #[arg(
        long,
        value_name = "S,S,S",
        default_value = "1,1,1",
        allow_hyphen_values = true
    )]
    pub scale: String,
    /// Order of channels: rgb, bgr, gray, rgba, ...
    #[arg(long, value_name = "FORMAT", default_value = "bgr")]
    pub pixel_format: String,
    /// nchw, nhwc, or none for inputs that are no pictures.
    #[arg(long, value_name = "FORMAT", default_value = "nchw")]
    pub channel_format: String,
    /// Sample value of the area that a letterboxed picture leaves free.
    #[arg(long, value_name = "VALUE", default_value_t = 0)]
    pub pad_value: i64,
    /// Where a letterboxed picture is put: normal (upper left) or center.
    #[arg(long, value_name = "TYPE", default_value = "center")]
    pub pad_type: String,
    /// Arrangement of .yuv files.
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    pub yuv_type: String,
    /// Numbers, from 1, of the inputs that are pictures; all if not given.
    #[arg(long, value_name = "N,N", default_value = "", hide_default_value = true)]
    pub preprocess_list: String,
    /// Append the layer that makes boxes: yolov3, yolov3_tiny, yolov4, yolov5, yolov8, yolov11, yolov26 or ssd.
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    pub add_postprocess: String,
    /// skip_fuse_bn keeps batch normalisations that follow convolutions.
    #[arg(long, value_name = "OPTION", default_value = "", hide_default_value = true)]
    pub onnx_sim: String,
}

/// The passes between the imported text and the written one; `postprocess` are the options of `--add-postprocess`, which does
/// nothing without a type.
pub fn pipeline(postprocess: &str) -> [(&str, &str); 5] {
    [
        ("struct-optimize", ""),
        ("shape-infer", ""),
        ("add-postprocess", postprocess),
        ("canonicalize", ""),
        ("extra-optimize", ""),
    ]
}

/// Runs `tpuc transform`.
///
/// # Errors
/// What is wrong with the options, the network or the test input. No text is written then.
pub fn run(args: &TransformArgs) -> Result<ExitCode> {
    if args.mlir.extension().is_none_or(|extension| extension != "mlir") {
        bail!(
            "--mlir: the name must end with .mlir, found '{}'",
            args.mlir.display()
        );
    }
    if args.test_result.is_some() && args.test_input.is_empty() {
        bail!("--test_result needs --test_input");
    }
    let mut program = load(&args.model_def, &args.model_name, &args.import)?;
    let origin_text = program.to_text();
    let origin = args
        .mlir
        .with_file_name(format!("{}_origin.mlir", stem(&args.mlir)));
    if args.debug {
        program.write(&origin)?;
    }
    optimise(&mut program, &args.model_name, &args.import)?;
    // The test comes first: nothing is left behind when it fails.
    let tested = test(args, &program)?;
    if !args.debug {
        crate::data::file::write_bytes_atomically(&origin, origin_text.as_bytes())?;
    }
    program.write(&args.mlir)?;
    print(&format!("Mlir file generated:{}\n{tested}", args.mlir.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The passes of the front end, and the name of the weight file.
pub(super) fn optimise(program: &mut Program, name: &str, args: &ImportArgs) -> Result<()> {
    let postprocess = format!("type={}", args.add_postprocess);
    for diagnostic in run_pipeline(program, &pipeline(&postprocess))? {
        warn(&diagnostic.to_string());
    }
    let weights = format!("{}_top_f32_all_weight.npz", name.to_lowercase());
    program.set_module_str("weight_file", &weights);
    Ok(())
}

/// A network from an ONNX file, or MLIR text as it is.
pub(super) fn load(model: &Path, name: &str, args: &ImportArgs) -> Result<Program> {
    let extension = model
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("onnx") => Ok(import(model, &import_options(name, args)?)?),
        Some("mlir") => Ok(Program::read(model)?),
        _ => bail!(
            "'{}' is neither ONNX (.onnx) nor MLIR text (.mlir); export the network to ONNX",
            model.display()
        ),
    }
}

/// One inference, if asked for; says what was written.
fn test(args: &TransformArgs, program: &Program) -> Result<String> {
    if args.test_input.is_empty() {
        return Ok(String::new());
    }
    let inputs = load_inputs(&input_specs(program)?, &args.test_input).context("--test_input")?;
    let input_file = args
        .mlir
        .with_file_name(format!("{}_in_f32.npz", args.model_name));
    let outputs = match &args.test_result {
        Some(_) => Some(Interpreter::new(program)?.run_all(&inputs, Dump::All)?),
        None => None,
    };
    npz::write_map(&input_file, &inputs, Compression::Deflated)?;
    let mut text = format!("Input saved to:{}\n", input_file.display());
    if let (Some(path), Some(outputs)) = (&args.test_result, outputs) {
        npz::write_map(path, &outputs, Compression::Deflated)?;
        text += &format!("Result saved to:{}\n", path.display());
    }
    Ok(text)
}

fn import_options(name: &str, args: &ImportArgs) -> Result<ImportOptions> {
    let input_shapes = shapes(&args.input_shapes)?;
    Ok(ImportOptions {
        name: name.to_owned(),
        output_names: list(&args.output_names).map(str::to_owned).collect(),
        preprocess: preprocess(args, &input_shapes)?,
        keep_batch_norm: list(&args.onnx_sim).any(|option| option == "skip_fuse_bn"),
        input_shapes,
    })
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// `[[1,3,224,224],[1,10]]`
fn shapes(text: &str) -> Result<Vec<Vec<i64>>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).with_context(|| {
        format!("--input_shapes: '{text}' is no list of shapes; write it as [[1,3,224,224]] or [[1,3,224,224],[1,10]]")
    })
}

fn numbers<T: std::str::FromStr>(option: &str, text: &str) -> Result<Vec<T>> {
    list(text)
        .map(|part| {
            part.parse()
                .map_err(|_| anyhow::anyhow!("--{option}: '{part}' in '{text}' is not a number"))
        })
        .collect()
}

fn preprocess(args: &ImportArgs, shapes: &[Vec<i64>]) -> Result<Option<InputPreprocess>> {
    let channel_format: ChannelFormat = args.channel_format.parse()?;
    if channel_format == ChannelFormat::None {
        return Ok(None);
    }
    let pixel_format: PixelFormat = args.pixel_format.parse()?;
    let keep_ratio_mode: KeepRatioMode = args.keep_ratio_mode.parse()?;
    let pad_type: PadType = args.pad_type.parse()?;
    if !args.yuv_type.is_empty() {
        args.yuv_type.parse::<YuvType>()?;
    }
    let channels = pixel_format.channels();
    let per_channel = |option: &str, text: &str| -> Result<Vec<f64>> {
        let values: Vec<f32> = numbers(option, text)?;
        if values.len() < channels {
            bail!(
                "--{option}: '{text}' has {} values, {} has {channels} channels",
                values.len(),
                pixel_format.name()
            );
        }
        Ok(values.into_iter().map(f64::from).collect())
    };
    let resize_dims: Vec<i64> = numbers("resize_dims", &args.resize_dims)?;
    if !(resize_dims.is_empty() || resize_dims.len() == 2 && resize_dims.iter().all(|dim| *dim > 0)) {
        bail!("--resize_dims: '{}' is not rows,columns", args.resize_dims);
    }
    let resize_dims = if resize_dims.is_empty() {
        // The first input's own rows and columns.
        shapes
            .first()
            .and_then(|shape| match (shape.as_slice(), channel_format) {
                ([.., height, width, _], ChannelFormat::Nhwc) => Some(vec![*height, *width]),
                ([.., height, width], _) => Some(vec![*height, *width]),
                _ => None,
            })
    } else {
        Some(resize_dims)
    };
    let inputs: Vec<usize> = numbers("preprocess_list", &args.preprocess_list)?;
    Ok(Some(InputPreprocess {
        channel_format: channel_format.name().to_owned(),
        keep_aspect_ratio: args.keep_aspect_ratio,
        keep_ratio_mode: keep_ratio_mode.name().to_owned(),
        mean: per_channel("mean", &args.mean)?,
        pad_type: pad_type.name().to_owned(),
        pad_value: args.pad_value,
        pixel_format: pixel_format.name().to_owned(),
        resize_dims,
        scale: per_channel("scale", &args.scale)?,
        yuv_type: args.yuv_type.clone(),
        inputs: (!inputs.is_empty()).then_some(inputs),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_lists_of_lists() {
        assert_eq!(
            shapes("[[1,3,224,224], [1, 10]]").unwrap(),
            [vec![1, 3, 224, 224], vec![1, 10]]
        );
        assert!(shapes("").unwrap().is_empty());
        for wrong in ["1,3,224,224", "[1,3,224,224]", "[[1,3,224,224]", "[[1,x]]"] {
            let message = shapes(wrong).unwrap_err().to_string();
            assert!(
                message.contains("--input_shapes") && message.contains(wrong),
                "{message}"
            );
        }
    }

    #[test]
    fn numbers_name_the_option_and_the_part() {
        let message = numbers::<f32>("mean", "1,a,3").unwrap_err().to_string();
        assert_eq!(message, "--mean: 'a' in '1,a,3' is not a number");
    }
}
