//! `tpuc transform` (`model_transform`): an ONNX file becomes MLIR text in the top dialect, with its weights, the test input
//! as the network sees it, and the tensors of the reference inference.

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

/// ONNX to MLIR text.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  tpuc transform --model_name net --model_def net.onnx --input_shapes '[[1,3,240,320]]' --mean 127,127,127 \\
    --scale 0.0078125,0.0078125,0.0078125 --pixel_format rgb --test_input face.jpg --test_result net_top_outputs.npz --mlir net.mlir
Preprocessing is y = (x - mean) * scale on pixels 0..255, after resizing; it is stored in the text and applied to pictures.")]
pub struct TransformArgs {
    /// Name of the network; files are named after it.
    #[arg(long, value_name = "NAME")]
    model_name: String,
    /// The ONNX file.
    #[arg(long, value_name = "FILE")]
    model_def: PathBuf,
    /// Shapes of the inputs, '[[1,3,240,320],[1,10]]'; the file's own where left out.
    #[arg(long, value_name = "SHAPES", default_value = "")]
    input_shapes: String,
    /// Rows and columns to resize pictures to before the centre is cropped; the input's by default.
    #[arg(long, value_name = "H,W", default_value = "")]
    resize_dims: String,
    /// Resize without distortion.
    #[arg(long)]
    keep_aspect_ratio: bool,
    /// How to keep the aspect ratio: letterbox or short_side_scale.
    #[arg(long, value_name = "MODE", default_value = "letterbox")]
    keep_ratio_mode: KeepRatioMode,
    /// Subtracted from each channel.
    #[arg(
        long,
        value_name = "NUMBERS",
        default_value = "0.0,0.0,0.0",
        allow_hyphen_values = true
    )]
    mean: String,
    /// Each channel is multiplied by it afterwards.
    #[arg(
        long,
        value_name = "NUMBERS",
        default_value = "1.0,1.0,1.0",
        allow_hyphen_values = true
    )]
    scale: String,
    /// rgb, bgr, gray, rgba, ...
    #[arg(long, value_name = "FORMAT", default_value = "bgr")]
    pixel_format: PixelFormat,
    /// nchw, nhwc, or none where inputs are not pictures.
    #[arg(long, value_name = "FORMAT", default_value = "nchw")]
    channel_format: ChannelFormat,
    /// Sample value of the border of a letterboxed picture.
    #[arg(long, value_name = "VALUE", default_value_t = 0)]
    pad_value: i64,
    /// Where the border goes: normal (right and bottom) or center.
    #[arg(long, value_name = "TYPE", default_value = "center")]
    pad_type: PadType,
    /// Arrangement of .yuv files.
    #[arg(long, value_name = "TYPE")]
    yuv_type: Option<YuvType>,
    /// Numbers, from 1, of the inputs that are pictures, joined by commas; all by default.
    #[arg(long, value_name = "LIST", default_value = "")]
    preprocess_list: String,
    /// Tensors that become the outputs, joined by commas; the file's own by default.
    #[arg(long, value_name = "NAMES", default_value = "")]
    output_names: String,
    /// Pictures or npy files for each input joined by commas, or an npz.
    #[arg(long, value_name = "FILES")]
    test_input: Option<String>,
    /// npz for all tensors of the reference inference on the test input.
    #[arg(long, value_name = "FILE", requires = "test_input")]
    test_result: Option<PathBuf>,
    /// Refused: operators are imported as they are. Present for old scripts' sake.
    #[arg(long, value_name = "TYPE", hide = true)]
    add_postprocess: Option<String>,
    /// 'skip_fuse_bn' keeps batch normalisations that follow convolutions.
    #[arg(long, value_name = "OPTIONS", default_value = "")]
    onnx_sim: String,
    /// Ignored: the reference is the imported network itself. Present for old scripts' sake.
    #[arg(long, value_name = "COS,EUC", default_value = "0.99,0.99", hide = true)]
    tolerance: String,
    /// Ignored; present for old scripts' sake.
    #[arg(long, value_name = "NAMES", default_value = "", hide = true)]
    excepts: String,
    /// The text to write.
    #[arg(long, value_name = "FILE")]
    mlir: PathBuf,
}

/// Runs the tool.
///
/// # Errors
/// When a file or option is wrong, or the network has operators that are not supported: all of them are named.
pub fn run(args: &TransformArgs) -> Result<ExitCode> {
    let name = &args.model_name;
    if let Some(kind) = &args.add_postprocess {
        bail!(
            "--add_postprocess {kind} is not supported; leave it out and do the postprocessing on the host"
        );
    }
    if let Some(extension) = args.model_def.extension()
        && ["pt", "tflite", "prototxt"]
            .iter()
            .any(|other| extension == *other)
    {
        bail!(
            "'{}': only ONNX files are read; export the network to ONNX first",
            args.model_def.display()
        );
    }
    let options = import_options(args)?;
    let mut program = import(&args.model_def, &options)?;
    // The text before the passes is for looking at; its weights are the program's own and are not written twice.
    let folder = args.mlir.parent().unwrap_or(Path::new("")).to_owned();
    program.set_module_str("weight_file", &format!("{name}_top_f32_all_origin_weight.npz"));
    let origin = program.to_text();
    let passes = [
        ("struct-optimize", ""),
        ("shape-infer", ""),
        ("canonicalize", ""),
        ("extra-optimize", ""),
    ];
    for diagnostic in run_pipeline(&mut program, &passes)? {
        warn(&diagnostic.to_string());
    }
    let weight_file = program.default_weight_file();
    program.set_module_str("weight_file", &weight_file);

    let results = args
        .test_input
        .as_ref()
        .map(|files| reference(&program, files))
        .transpose()?;
    crate::data::file::write_bytes_atomically(
        &folder.join(format!("{name}_origin.mlir")),
        origin.as_bytes(),
    )?;
    program.write(&args.mlir)?;
    if let Some((inputs, tensors)) = results {
        npz::write_map(
            &PathBuf::from(format!("{name}_in_f32.npz")),
            &inputs,
            Compression::Deflated,
        )?;
        if let Some(path) = &args.test_result {
            npz::write_map(path, &tensors, Compression::Deflated)?;
        }
    }
    print(&format!("{} written\n", args.mlir.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The test input as the network sees it, and all tensors.
fn reference(program: &Program, files: &str) -> Result<(crate::data::TensorMap, crate::data::TensorMap)> {
    let inputs = load_inputs(&input_specs(program)?, files)?;
    let tensors = Interpreter::new(program)?.run_all(&inputs, Dump::All)?;
    Ok((inputs, tensors))
}

fn import_options(args: &TransformArgs) -> Result<ImportOptions> {
    let preprocess = match args.channel_format {
        ChannelFormat::None => None,
        _ => Some(preprocess(args)?),
    };
    Ok(ImportOptions {
        name: args.model_name.clone(),
        input_shapes: shapes(&args.input_shapes)?,
        output_names: names(&args.output_names),
        preprocess,
        keep_batch_norm: args
            .onnx_sim
            .split(',')
            .any(|option| option.trim() == "skip_fuse_bn"),
    })
}

fn preprocess(args: &TransformArgs) -> Result<InputPreprocess> {
    let channels = args.pixel_format.channels();
    let numbers = |option: &str, text: &str| -> Result<Vec<f64>> {
        let mut numbers: Vec<f64> = text
            .split(',')
            .map(|number| {
                number.trim().parse().with_context(|| {
                    format!("--{option} '{text}': numbers joined by commas, as in 127,127,127")
                })
            })
            .collect::<Result<_>>()?;
        numbers.truncate(channels);
        if numbers.len() == 1 {
            numbers.resize(channels, numbers[0]);
        }
        if numbers.len() != channels {
            bail!(
                "--{option} '{text}': {} numbers for {channels} channels of --pixel_format {}",
                numbers.len(),
                args.pixel_format.name()
            );
        }
        // The text holds single-precision numbers, as the arithmetic on pictures is.
        Ok(numbers
            .into_iter()
            .map(|number| f64::from(number as f32))
            .collect())
    };
    let resize_dims = match args.resize_dims.as_str() {
        "" => None,
        text => match text
            .split(',')
            .map(|dim| dim.trim().parse().ok().filter(|dim| *dim > 0))
            .collect::<Option<Vec<i64>>>()
        {
            Some(dims) if dims.len() == 2 => Some(dims),
            _ => bail!("--resize_dims '{text}': rows and columns, as in 256,256"),
        },
    };
    let inputs = match args.preprocess_list.as_str() {
        "" => None,
        text => match text
            .split(',')
            .map(|index| index.trim().parse().ok())
            .collect::<Option<Vec<usize>>>()
        {
            Some(list) => Some(list),
            None => bail!("--preprocess_list '{text}': input numbers from 1 joined by commas"),
        },
    };
    Ok(InputPreprocess {
        channel_format: args.channel_format.name().to_owned(),
        keep_aspect_ratio: args.keep_aspect_ratio,
        keep_ratio_mode: args.keep_ratio_mode.name().to_owned(),
        mean: numbers("mean", &args.mean)?,
        pad_type: args.pad_type.name().to_owned(),
        pad_value: args.pad_value,
        pixel_format: args.pixel_format.name().to_owned(),
        resize_dims,
        scale: numbers("scale", &args.scale)?,
        yuv_type: args
            .yuv_type
            .map(|kind| kind.name().to_owned())
            .unwrap_or_default(),
        inputs,
    })
}

/// `[[1,3,8,8],[1,2]]`, also without the outer brackets for one input.
fn shapes(text: &str) -> Result<Vec<Vec<i64>>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let parsed: Option<Vec<Vec<i64>>> = serde_json::from_str(text).ok().or_else(|| {
        serde_json::from_str::<Vec<i64>>(text)
            .ok()
            .map(|shape| vec![shape])
    });
    let parsed = parsed.filter(|shapes| shapes.iter().flatten().all(|dim| *dim > 0));
    parsed
        .with_context(|| format!("--input_shapes '{text}': lists of positive numbers, as in [[1,3,240,320]]"))
}

/// Names joined by commas.
fn names(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
