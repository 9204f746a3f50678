//! `docs/ops.md` is made from the tables in the sources. `BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tpuc_compiler::codegen::bm1684::codegen;
use tpuc_compiler::import::onnx::convert;
use tpuc_compiler::inference::ops::KERNELS;
use tpuc_compiler::lowering::bm1684::LOWERINGS;
use tpuc_dialects::ir::{DialectRegistry, OpInfo};

/// Operations of TPU-MLIR 1.30.2 that are left out, and why.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "large language models, whose layers BM1684 does not have",
        &[
            "top.A16Gather",
            "top.A16MatMul",
            "top.Attention",
            "top.ChunkGatedDeltaRule",
            "top.ConcatSlice",
            "top.DtypeCast",
            "top.FAttention",
            "top.FAttentionLse",
            "top.FlexAttention",
            "top.Fp8MatMul",
            "top.Mlp",
            "top.RecurrentGatedDeltaRule",
            "top.Rope",
            "top.ScaleDotProductAttention",
            "top.WeightReorder",
            "tpu.A16Gather",
            "tpu.A16MatMul",
            "tpu.Attention",
            "tpu.ChunkGatedDeltaRule",
            "tpu.ConcatSlice",
            "tpu.DtypeCast",
            "tpu.FAttention",
            "tpu.FAttentionLse",
            "tpu.FlexAttention",
            "tpu.Fp8MatMul",
            "tpu.Mlp",
            "tpu.RecurrentGatedDeltaRule",
            "tpu.Rope",
            "tpu.WeightReorder",
        ],
    ),
    (
        "several chips, devices or cores; other chips' memories and number formats",
        &[
            "top.C2CAllReduce",
            "top.C2CBroadcast",
            "tpu.C2CAllReduce",
            "tpu.C2CBroadcast",
            "tpu.CastAdd",
            "tpu.CoreBegin",
            "tpu.CoreEnd",
            "tpu.CoreJoin",
            "tpu.CoreParallel",
            "tpu.CoreSplit",
            "tpu.DevBegin",
            "tpu.DevEnd",
            "tpu.FusedActiveCast",
            "tpu.GridSampleInDeformableAttn",
            "tpu.GroupParallel",
            "tpu.LayerNormCast",
            "tpu.LoadToL2M",
            "tpu.LutBF16",
            "tpu.MatMulLut",
            "tpu.SoftmaxCast",
        ],
    ),
    (
        "training",
        &[
            "top.BatchNormBwd",
            "top.BatchNormTrain",
            "top.ConvBwd_Weight",
            "top.Convbwd",
            "top.EmbDenseBwd",
            "top.GroupNormTrain",
            "top.LayerNormBwd",
            "top.LayerNormTrain",
            "top.MaxPoolingIndicesBwd",
            "top.MeanRstd",
            "top.SoftmaxBwd",
            "tpu.BatchNormBwd",
            "tpu.BatchNormTrain",
            "tpu.ConvBwd_Weight",
            "tpu.Convbwd",
            "tpu.EmbDenseBwd",
            "tpu.GroupNormTrain",
            "tpu.LayerNormBwd",
            "tpu.LayerNormTrain",
            "tpu.MeanRstd",
            "tpu.SoftmaxBwd",
            "tpu.WhereBnbwdOp",
        ],
    ),
    (
        "made from Caffe only",
        &[
            "top.FrcnDetection",
            "top.MaxPoolWithMask",
            "top.MaxUnpool",
            "top.Normalize",
            "top.PoolMask",
            "top.PriorBox",
            "top.Proposal",
            "top.ROIPooling",
            "top.RetinaFaceDetection",
            "tpu.MaxPoolWithMask",
            "tpu.MaxUnpool",
            "tpu.PoolMask",
        ],
    ),
    (
        "made from PyTorch's own graphs only; its ONNX export has other operators for them",
        &[
            "top.Arange",
            "top.IndexPut",
            "top.List",
            "top.LogB",
            "top.MeshGrid",
            "top.Repeat",
            "top.Tuple",
            "top.UnTuple",
            "top.View",
            "tpu.IndexPut",
        ],
    ),
    (
        "made from programs in TPU-MLIR's own languages only, or by its Mask R-CNN rewriter (BM1684X)",
        &[
            "top.BinaryConstShift",
            "top.BinaryShift",
            "top.Csc",
            "top.DepackRaw",
            "top.MaskRCNN_BboxPooler",
            "top.MaskRCNN_GetBboxB",
            "top.MaskRCNN_MaskPooler",
            "top.MaskRCNN_RPNGetBboxes",
            "top.MatchTemplate",
            "top.Mmap2Rgbmap",
            "top.Yuv2rgbFormula",
            "tpu.BinaryConstShift",
            "tpu.BinaryShift",
            "tpu.Csc",
            "tpu.DepackRaw",
            "tpu.MaskRCNN_BboxPooler",
            "tpu.MaskRCNN_GetBboxB",
            "tpu.MaskRCNN_MaskPooler",
            "tpu.MaskRCNN_RPNGetBboxes",
            "tpu.MatchTemplate",
            "tpu.Mmap2Rgbmap",
            "tpu.PackRaw",
            "tpu.Yuv2rgbFormula",
        ],
    ),
];

fn has<T>(table: &[(&str, T)], name: &str) -> &'static str {
    if table.iter().any(|(row, _)| *row == name) {
        "yes"
    } else {
        ""
    }
}

fn operations(dialect: &str) -> Vec<&'static OpInfo> {
    let mut found: Vec<&OpInfo> = DialectRegistry::all()
        .ops()
        .into_iter()
        .filter(|info| {
            info.name
                .split_once('.')
                .is_some_and(|(prefix, _)| prefix == dialect)
        })
        .collect();
    found.sort_by_key(|info| info.name);
    found
}

fn table() -> String {
    let mut text = String::from(
        "# Operations and what there is for each\n\n\
         Made from the tables in the sources (`BLESS=1 cargo test -p tpuc-tests ops_table` writes it); an empty cell is \
         refused with a message that names the operation.\n\n\
         ## ONNX operators that are imported\n\n",
    );
    let mut line = |arguments: std::fmt::Arguments<'_>| writeln!(text, "{arguments}").expect("a string");
    line(format_args!("{}", convert::operators().join(", ")));
    line(format_args!(
        "\n## `top`\n\n| operation | what | shape inference | executed in f32 | lowered to BM1684 |\n|---|---|---|---|---|"
    ));
    for info in operations("top") {
        let infers = if info.infer_shape.is_some() { "yes" } else { "" };
        line(format_args!(
            "| {} | {} | {infers} | {} | {} |",
            info.short_name(),
            info.summary.replace('|', "\\|"),
            has(KERNELS, info.name),
            has(LOWERINGS, info.name),
        ));
    }
    line(format_args!(
        "\n## `tpu`\n\n| operation | what | executed | commands for BM1684 |\n|---|---|---|---|"
    ));
    for info in operations("tpu") {
        line(format_args!(
            "| {} | {} | {} | {} |",
            info.short_name(),
            info.summary.replace('|', "\\|"),
            has(KERNELS, info.name),
            has(codegen::OPS, info.name),
        ));
    }
    line(format_args!(
        "\n## Left out\n\nOperations of TPU-MLIR 1.30.2 that no ONNX network on BM1684 has. Text with one of them is refused \
         unless `--allow-unregistered-dialect` is given. The attributes `multicore`, `do_core_parallel` and `indexing_map_*` \
         of `tpu` operations belong to chips with several cores: they are kept, and mean nothing here.\n"
    ));
    for (why, names) in LEFT_OUT {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        line(format_args!("- {why}: {}", names.join(", ")));
    }
    text
}

#[test]
fn the_table_of_operations_is_what_the_sources_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ops.md");
    let wanted = table();
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &wanted).expect("docs/ops.md");
        return;
    }
    let found = fs::read_to_string(&path).expect("docs/ops.md");
    let differs = found
        .lines()
        .zip(wanted.lines())
        .find(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "docs/ops.md is not what the sources say (BLESS=1 rewrites it); the first difference: {differs:?}"
    );
}

#[test]
fn tables_name_operations_that_exist() {
    let registered: BTreeSet<&str> = DialectRegistry::all()
        .ops()
        .into_iter()
        .map(|info| info.name)
        .collect();
    let kernels = KERNELS.iter().map(|(name, _)| *name);
    let lowerings = LOWERINGS.iter().map(|(name, _)| *name);
    let emitters = codegen::OPS.iter().map(|(name, _)| *name);
    for name in kernels.chain(lowerings).chain(emitters) {
        assert!(registered.contains(name), "{name} is in a table but not declared");
    }
    for name in LEFT_OUT.iter().flat_map(|(_, names)| *names) {
        assert!(
            !registered.contains(name),
            "{name} is declared and said to be left out"
        );
    }
}
