//! The content of a bmodel as plain data.

use super::Blob;

/// Bytes of one BM1684 command, TIU or DMA.
pub const COMMAND_BYTES: usize = 128;

/// The chip name of files this crate can run.
pub fn chip_bm1684() -> String {
    "BM1684".to_owned()
}

/// Values of [`Tensor::hidden`].
pub mod hidden {
    /// Not visible from outside.
    pub const INNER: i32 = 0;
    /// An input of the net.
    pub const INPUT: i32 = 1;
    /// An output of the net.
    pub const OUTPUT: i32 = 2;
    /// Passed from one sub-net to another.
    pub const BETWEEN_SUBNETS: i32 = 5;
}

/// A bmodel: one or more nets, each compiled for one or more input shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bmodel {
    /// Format family; `B`.
    pub kind: String,
    /// Format version and, after `+`, the compiler's.
    pub version: String,
    /// Time of creation, in the form of C's `ctime`, with its final line feed.
    pub time: String,
    /// Chip, e.g. `BM1684`.
    pub chip: String,
    /// The nets.
    pub nets: Vec<Net>,
    /// Largest [`Stage::ctx_size`], bytes.
    pub neuron_size: u64,
    /// Firmware; empty for BM1684.
    pub kernel_module: Option<KernelModule>,
    /// Chips needed.
    pub device_num: u32,
    /// Host layer library; empty for BM1684.
    pub cpuop_module: Option<KernelModule>,
    /// 1 when the weights of several models were combined.
    pub bmodel_type: u32,
    /// Library for other chips.
    pub lib_backend: Option<Blob>,
}

/// A library embedded in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KernelModule {
    /// File name, may be empty.
    pub file_name: String,
    /// Content, may be empty.
    pub data: Blob,
    /// Kind of kernel. Files of TPU-MLIR 1.30.2 for BM1684 hold an arbitrary number here.
    pub mode: i32,
}

/// A net.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Net {
    /// Name.
    pub name: String,
    /// The net compiled for different input shapes.
    pub stages: Vec<Stage>,
    /// Part of a model that is spread over several chips.
    pub cascade: Option<Cascade>,
    /// How the runtime places inputs and outputs: 0 together with the other tensors, 1 alone, 2 tagged,
    /// 3 tagged and fused, 4 relocated.
    pub addr_mode: i32,
}

/// Position of a net in a model that is spread over several chips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cascade {
    /// Chip.
    pub device_id: u32,
    /// Step of execution.
    pub step: u32,
    /// Name of the whole model.
    pub main_name: String,
}

/// A net compiled for one set of input shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Inputs of the net.
    pub inputs: Vec<Tensor>,
    /// Outputs of the net.
    pub outputs: Vec<Tensor>,
    /// DDR address of the tensors' memory.
    pub ctx_addr: u64,
    /// Bytes of the tensors' memory.
    pub ctx_size: u64,
    /// Weights, if there are any.
    pub coeff: Option<Coeff>,
    /// Whether the net has parts that need the on-chip interpreter.
    pub is_dynamic: bool,
    /// Whether the batch may change.
    pub n_dynamic: bool,
    /// Whether height and width may change.
    pub h_w_dynamic: bool,
    /// All command groups of the static sub-nets, in order.
    pub cmd_groups: Vec<CmdGroup>,
    /// Profile data.
    pub net_profile: Option<Blob>,
    /// Interpreter program of each dynamic sub-net.
    pub stage_ir: Vec<StageIr>,
    /// Interpreter programs.
    pub ir: Option<Blob>,
    /// Sub-nets, the first is the entry.
    pub subnets: Vec<SubNet>,
    /// Host memory for host layers, in 4-byte words.
    pub cpu_mem_size: u32,
    /// Sizes of the parts of the tensors' memory.
    pub ctx_sizes: Vec<u64>,
    /// Static statistics.
    pub net_stat: Option<Blob>,
    /// Cores used; 1.
    pub core_num: u32,
    /// DDR address of inputs and outputs, address mode 1.
    pub io_addr: u64,
    /// Bytes of inputs and outputs, address mode 1.
    pub io_size: u64,
    /// Where each tensor is after which command: JSON text, written by debug builds.
    pub tensor_loc: Option<Blob>,
    /// Tensor memory as the interpreter program sees it.
    pub dynamic_ctx_addr: u64,
    /// Size of the weights as the interpreter program sees it.
    pub dynamic_coeff_offset: u64,
    /// The same after weights of several models were combined.
    pub dynamic_combined_coeff_offset: u64,
}

/// The weights of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coeff {
    /// DDR address.
    pub address: u64,
    /// The bytes at that address.
    pub data: Blob,
    /// SHA-256 of `data`.
    pub sha256: Blob,
    /// What lies where.
    pub locations: Vec<Location>,
    /// 0 plain, 1 encrypted by the customer.
    pub encrypt_mode: i32,
    /// Bytes after decryption.
    pub decrypt_size: u64,
}

/// A named part of the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// Operation and role, e.g. `tpu.Conv2D.weight`.
    pub name: String,
    /// Byte offset in the weights.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

/// Element types and their codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum DataType {
    #[default]
    F32 = 0,
    F16 = 1,
    I8 = 2,
    U8 = 3,
    I16 = 4,
    U16 = 5,
    I32 = 6,
    U32 = 7,
    Bf16 = 8,
    I4 = 9,
    U4 = 10,
}

impl DataType {
    /// Every type, index = code.
    pub const ALL: [Self; 11] = [
        Self::F32,
        Self::F16,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::Bf16,
        Self::I4,
        Self::U4,
    ];

    /// The type of a code.
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }

    /// The type's code in the file.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// Name as `model_tool --info` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::Bf16 => "bfloat16",
            Self::I4 => "int4",
            Self::U4 => "uint4",
        }
    }

    /// Bytes of one element in host memory (4-bit types take a whole byte).
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::I4 | Self::U4 => 1,
        }
    }
}

/// How batches of narrow types are packed into 4-byte words in device memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum StoreMode {
    /// Contiguous.
    #[default]
    N1 = 0,
    /// Two batches of a 16-bit type side by side.
    N2 = 1,
    /// Four batches of an 8-bit type side by side.
    N4 = 2,
}

impl StoreMode {
    /// The mode of a code.
    pub fn from_code(code: i32) -> Option<Self> {
        [Self::N1, Self::N2, Self::N4]
            .get(usize::try_from(code).ok()?)
            .copied()
    }

    /// Batches that share a word.
    pub fn batches(self) -> usize {
        match self {
            Self::N1 => 1,
            Self::N2 => 2,
            Self::N4 => 4,
        }
    }
}

/// An input or output of a net or sub-net.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Name.
    pub name: String,
    /// Element type.
    pub dtype: DataType,
    /// Packing in device memory.
    pub store_mode: StoreMode,
    /// DDR address.
    pub device_addr: u64,
    /// Bytes in device memory.
    pub size: u64,
    /// Shapes; a static stage has exactly one.
    pub shapes: Vec<Vec<u64>>,
    /// Bit 0: used by the TPU, bit 1: used by the host.
    pub mem_type: u32,
    /// Of an input: quanta per unit. Of an output: units per quantum.
    pub scale: f32,
    /// Offset in host memory, for host layers.
    pub cpu_addr: u32,
    /// Padding of a 3-channel convolution: top in the high half, bottom in the low half.
    pub pad_h: u32,
    /// Quantised value of 0.
    pub zero_point: i32,
    /// One of [`hidden`].
    pub hidden: i32,
    /// Position among the inputs or outputs.
    pub index: i32,
    /// Relocation of the address, address mode 4.
    pub relocation: Option<Relocation>,
}

impl Default for Tensor {
    fn default() -> Self {
        Self {
            name: String::new(),
            dtype: DataType::F32,
            store_mode: StoreMode::N1,
            device_addr: 0,
            size: 0,
            shapes: Vec::new(),
            mem_type: 1,
            scale: 1.0,
            cpu_addr: 0,
            pad_h: 0,
            zero_point: 0,
            hidden: hidden::INNER,
            index: 0,
            relocation: None,
        }
    }
}

impl Tensor {
    /// The shape of a static tensor; empty if the file gives none.
    pub fn shape(&self) -> &[u64] {
        self.shapes.first().map_or(&[], Vec::as_slice)
    }

    /// Elements of the first shape; `None` on overflow.
    pub fn element_count(&self) -> Option<u64> {
        self.shape()
            .iter()
            .try_fold(1u64, |product, dim| product.checked_mul(*dim))
    }
}

/// An address that the runtime changes before running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Relocation {
    pub base_addr_id: u32,
    pub addr_offset: u32,
    pub cmd_offset: u32,
}

/// Commands that are started together. Command ids count from 1 in each group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CmdGroup {
    /// Number of TIU commands.
    pub tiu_num: u32,
    /// Number of DMA commands.
    pub dma_num: u32,
    /// TIU commands, [`COMMAND_BYTES`] each.
    pub tiu: Blob,
    /// DMA commands, [`COMMAND_BYTES`] each.
    pub dma: Blob,
    /// Relocations, address mode 4.
    pub relocations: Vec<Relocation>,
}

impl CmdGroup {
    /// A group from its command bytes.
    pub fn new(tiu: impl Into<Blob>, dma: impl Into<Blob>) -> Self {
        let (tiu, dma) = (tiu.into(), dma.into());
        let count = |bytes: &Blob| (bytes.len() / COMMAND_BYTES) as u32;
        Self {
            tiu_num: count(&tiu),
            dma_num: count(&dma),
            tiu,
            dma,
            relocations: Vec::new(),
        }
    }
}

/// Commands per core; unused on BM1684.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct CoreCommands {
    pub cmd_groups: Vec<CmdGroup>,
    pub sdma: Vec<Blob>,
    pub hau: Vec<Blob>,
    pub cdma: Vec<Blob>,
}

/// Interpreter program of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct StageIr {
    /// Length in 4-byte words.
    pub ir_info_len: u32,
    pub height_high: i32,
    pub height_low: i32,
    pub width_high: i32,
    pub width_low: i32,
}

/// Who executes a sub-net.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubNetMode {
    /// The TPU: commands, or an interpreter program when dynamic.
    #[default]
    Tpu,
    /// The host: layers of [`CpuParam`].
    Cpu,
    /// Another code: loops (3), switch (4), merge (5).
    Other(i32),
}

impl SubNetMode {
    /// The mode of a code.
    pub fn from_code(code: i32) -> Self {
        match code {
            0 => Self::Tpu,
            1 => Self::Cpu,
            other => Self::Other(other),
        }
    }

    /// The mode's code in the file.
    pub fn code(self) -> i32 {
        match self {
            Self::Tpu => 0,
            Self::Cpu => 1,
            Self::Other(code) => code,
        }
    }
}

/// A part of a stage with one executor.
#[derive(Clone, Debug, PartialEq)]
pub struct SubNet {
    /// Executor.
    pub mode: SubNetMode,
    /// Commands of a static TPU sub-net.
    pub cmd_groups: Vec<CmdGroup>,
    /// Layers of a host sub-net.
    pub cpu_params: Vec<CpuParam>,
    /// Tensors read.
    pub inputs: Vec<Tensor>,
    /// Tensors written.
    pub outputs: Vec<Tensor>,
    /// Needs the on-chip interpreter.
    pub is_dynamic: bool,
    /// Byte offset of the interpreter program in the stage's.
    pub ir_offset: u32,
    /// Bytes of the interpreter program.
    pub ir_len: u32,
    /// Whether the batch may change.
    pub n_dynamic: bool,
    /// Whether height and width may change.
    pub h_w_dynamic: bool,
    /// Number of the sub-net.
    pub id: i32,
    /// Sub-nets to run next; -1 is the end.
    pub next_subnet_ids: Vec<i32>,
    /// Of a merge: for each output, the inputs it may come from.
    pub merge_output_from: Option<Vec<Vec<i32>>>,
    /// Of a switch.
    pub switch: Option<SwitchParam>,
    /// Commands per core; unused on BM1684.
    pub core_commands: Vec<CoreCommands>,
    /// Cores the sub-net runs on.
    pub run_core: u32,
}

impl Default for SubNet {
    fn default() -> Self {
        Self {
            mode: SubNetMode::Tpu,
            cmd_groups: Vec::new(),
            cpu_params: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            is_dynamic: false,
            ir_offset: 0,
            ir_len: 0,
            n_dynamic: false,
            h_w_dynamic: false,
            id: -1,
            next_subnet_ids: Vec::new(),
            merge_output_from: None,
            switch: None,
            core_commands: Vec::new(),
            run_core: 0,
        }
    }
}

/// Data flow of a switch sub-net.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SwitchParam {
    /// For each output, the input it comes from.
    pub output_from: Vec<i32>,
    /// For each output, its branch: 0 false, 1 true.
    pub output_branch: Vec<i32>,
}

/// Codes of the host's layers in [`CpuParam::op_type`].
pub mod cpu_layer {
    /// Gathers by index tuples.
    pub const GATHER_ND: i32 = 19;
    /// Gathers along an axis.
    pub const GATHER_ELEMENTS: i32 = 29;
}

/// A host layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuParam {
    /// Kind of layer.
    pub op_type: i32,
    /// Parameters, a C structure of the kind's own.
    pub param: Blob,
    /// Constants.
    pub consts: Vec<CpuConst>,
    /// A layer of the customer's own.
    pub is_custom: bool,
}

/// A constant of a host layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuConst {
    /// Name.
    pub name: String,
    /// Content.
    pub data: Blob,
    /// SHA-256 of `data`.
    pub sha256: Blob,
}
