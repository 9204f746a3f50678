//! `npz`: compare, look into and change npz archives. Subcommands, their arguments and the text they print are those
//! of TPU-MLIR's `npz_tool.py`. Subcommands that change an archive replace it whole or not at all.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

mod compare;
mod edit;
mod show;

/// Compare, look into and change npz archives.
#[derive(Args, Debug)]
pub struct NpzArgs {
    #[command(subcommand)]
    command: NpzCommand,
}

#[derive(Subcommand, Debug)]
#[command(rename_all = "snake_case")]
enum NpzCommand {
    /// Compare two archives tensor by tensor; exit status 255 when one fails
    Compare(compare::CompareArgs),
    /// Print where two tensors of one name differ
    PrintDiff {
        /// Archive
        target: PathBuf,
        /// Archive to compare with
        reference: PathBuf,
        /// Name of the tensor in both
        name: String,
        /// Print at most this many
        count: Option<usize>,
    },
    /// Show differences as pictures (not possible here, see print_diff)
    VisualizeDiff {
        /// Ignored
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// List the tensors, or print one of them
    Dump {
        /// Archive
        archive: PathBuf,
        /// Tensor to print; without it the tensors are listed
        name: Option<String>,
        /// Part of the tensor as in numpy: `0,:,2:5`
        index: Option<String>,
        /// List the tensors
        #[arg(long)]
        list: bool,
        /// Print all elements however many there are
        #[arg(long)]
        full: bool,
    },
    /// Copy tensors to another archive
    Extract {
        /// Archive
        archive: PathBuf,
        /// Archive to write
        output: PathBuf,
        /// Names joined by commas
        names: String,
    },
    /// Remove tensors
    Remove {
        /// Archive, changed in place
        archive: PathBuf,
        /// Names joined by commas
        names: String,
    },
    /// Put the tensors of an archive into another one
    Insert {
        /// Archive to take from
        archive: PathBuf,
        /// Archive, changed in place
        output: PathBuf,
    },
    /// Join archives; of tensors of one name the last counts
    Merge {
        /// Archives, the last one is written
        #[arg(num_args = 2.., required = true)]
        archives: Vec<PathBuf>,
    },
    /// Rename a tensor
    Rename {
        /// Archive, changed in place
        archive: PathBuf,
        /// Its name
        from: String,
        /// Its new name
        to: String,
    },
    /// Change the shape of a tensor
    Reshape {
        /// Archive, changed in place
        archive: PathBuf,
        /// Name
        name: String,
        /// New extents joined by commas
        shape: String,
    },
    /// Reorder the axes of one tensor or of all
    Permute {
        /// Archive, changed in place
        archive: PathBuf,
        /// [NAME] ORDER, the order being axes joined by commas
        #[arg(num_args = 1..=2, required = true)]
        name_and_order: Vec<String>,
    },
    /// Change the layout of all tensors of four axes
    #[command(alias = "tranpose")]
    Transpose {
        /// Archive, changed in place
        archive: PathBuf,
        /// Their layout, as nhwc
        from: String,
        /// The new layout, as nchw
        to: String,
    },
    /// Read uint16 tensors as bf16 and store them as float32
    #[command(name = "bf16_to_fp32")]
    Bf16ToFp32(edit::InOut),
    /// Read uint16 tensors as half precision and store them as float32
    #[command(name = "fp16_to_fp32")]
    Fp16ToFp32(edit::InOut),
    /// Round float32 tensors to bf16 and store them as uint16
    #[command(name = "fp32_to_bf16")]
    Fp32ToBf16(edit::InOut),
    /// Round float32 tensors to half precision and store them as uint16
    #[command(name = "fp32_to_fp16")]
    Fp32ToFp16(edit::InOut),
    /// Print the shape of a tensor
    GetShape {
        /// Archive
        archive: PathBuf,
        /// Name
        name: String,
    },
    /// Write the elements of a tensor to a file
    ToBin {
        /// Archive
        archive: PathBuf,
        /// Name
        name: String,
        /// File to write
        output: PathBuf,
        /// Convert to int8, bf16 (or uint16), or float32 first
        dtype: Option<String>,
    },
    /// Write the elements of all tensors to one file, one after the other
    ToDat {
        /// Archive
        archive: PathBuf,
        /// File to write
        output: PathBuf,
    },
    /// Write a tensor to NAME.npy in the working directory
    ToNpy {
        /// Archive
        archive: PathBuf,
        /// Name
        name: String,
    },
    /// Show what symmetric int8 quantisation with a calibration table does to the tensors
    CaliTest {
        /// Archive with float32 tensors
        archive: PathBuf,
        /// Calibration table
        #[arg(long)]
        calibration_table: PathBuf,
    },
    /// Print mean, variance and range along an axis
    Statistic {
        /// Archive
        archive: PathBuf,
        /// Name; without it the names are listed
        name: Option<String>,
        /// Axis
        #[arg(default_value_t = 1)]
        axis: usize,
    },
    /// Name the tensors that hold NaN or infinity
    CheckNanInf {
        /// Archive
        archive: PathBuf,
    },
}

/// Runs the tool.
///
/// # Errors
/// When a file cannot be read or written, or a name or option does not fit.
pub fn run(args: &NpzArgs) -> anyhow::Result<ExitCode> {
    use NpzCommand as Command;
    match &args.command {
        Command::Compare(args) => return compare::run(args),
        Command::CaliTest {
            archive,
            calibration_table,
        } => return compare::cali_test(archive, calibration_table),
        Command::VisualizeDiff { .. } => anyhow::bail!(
            "visualize_diff draws pictures, which this tool does not; use print_diff, or compare with -vv"
        ),
        Command::PrintDiff {
            target,
            reference,
            name,
            count,
        } => show::print_diff(target, reference, name, *count)?,
        Command::Dump {
            archive,
            name,
            index,
            list,
            full,
        } => match name {
            Some(name) if !list => show::dump(archive, name, index.as_deref(), *full)?,
            _ => show::list(archive)?,
        },
        Command::Statistic { archive, name, axis } => show::statistic(archive, name.as_deref(), *axis)?,
        Command::GetShape { archive, name } => show::shape(archive, name)?,
        Command::CheckNanInf { archive } => show::check_nan_inf(archive)?,
        Command::Extract {
            archive,
            output,
            names,
        } => edit::extract(archive, output, names)?,
        Command::Remove { archive, names } => edit::remove(archive, names)?,
        Command::Insert { archive, output } => edit::insert(archive, output)?,
        Command::Merge { archives } => edit::merge(archives)?,
        Command::Rename { archive, from, to } => edit::rename(archive, from, to)?,
        Command::Reshape { archive, name, shape } => edit::reshape(archive, name, shape)?,
        Command::Permute {
            archive,
            name_and_order,
        } => edit::permute(archive, name_and_order)?,
        Command::Transpose { archive, from, to } => edit::transpose(archive, from, to)?,
        Command::Bf16ToFp32(files) => edit::convert(files, edit::bf16_to_fp32)?,
        Command::Fp16ToFp32(files) => edit::convert(files, edit::fp16_to_fp32)?,
        Command::Fp32ToBf16(files) => edit::convert(files, edit::fp32_to_bf16)?,
        Command::Fp32ToFp16(files) => edit::convert(files, edit::fp32_to_fp16)?,
        Command::ToBin {
            archive,
            name,
            output,
            dtype,
        } => edit::to_bin(archive, name, output, dtype.as_deref())?,
        Command::ToDat { archive, output } => edit::to_dat(archive, output)?,
        Command::ToNpy { archive, name } => edit::to_npy(archive, name)?,
    }
    Ok(ExitCode::SUCCESS)
}
