use super::schema::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, tensor_shape_proto::Dimension, type_proto,
};
use super::{ImportOptions, import};
use crate::program::Program;
use prost::Message;

fn info(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = |dim: &i64| Dimension {
        dim_value: (*dim > 0).then_some(*dim),
        dim_param: (*dim <= 0).then(|| "batch".to_owned()),
    };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            tensor_type: Some(type_proto::Tensor {
                elem_type: Some(1),
                shape: Some(TensorShapeProto {
                    dim: dims.iter().map(dim).collect(),
                }),
            }),
        }),
        ..ValueInfoProto::default()
    }
}

fn node(op_type: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: Some(op_type.to_owned()),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

fn floats(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        dims: dims.to_vec(),
        data_type: Some(1),
        float_data: data.to_vec(),
        ..TensorProto::default()
    }
}

fn model(dims: &[i64], nodes: Vec<NodeProto>, constants: Vec<TensorProto>, output: &str) -> ModelProto {
    ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto {
            domain: None,
            version: Some(13),
        }],
        graph: Some(GraphProto {
            node: nodes,
            initializer: constants,
            input: vec![info("x", dims)],
            output: vec![info(output, &[1])],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

fn import_bytes(bytes: &[u8], options: &ImportOptions) -> Result<Program, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).expect("the file can be written");
    import(&path, options).map_err(|error| error.to_string())
}

fn options() -> ImportOptions {
    ImportOptions {
        name: "net".to_owned(),
        ..ImportOptions::default()
    }
}

fn relu() -> ModelProto {
    model(&[1, 4], vec![node("Relu", &["x"], "y")], Vec::new(), "y")
}

#[test]
fn a_relu_is_imported_under_its_name() {
    let text = import_bytes(&relu().encode_to_vec(), &options())
        .unwrap()
        .to_text();
    assert!(
        text.contains("\"top.Relu\"(%1)") && text.contains("loc(\"y_Relu\")"),
        "{text}"
    );
}

#[test]
fn unsupported_nodes_are_all_named() {
    let nodes = vec![
        node("Foo", &["x"], "a"),
        node("Relu", &["a"], "b"),
        node("Bar", &["b"], "y"),
    ];
    let message = import_bytes(
        &model(&[1, 4], nodes, Vec::new(), "y").encode_to_vec(),
        &options(),
    )
    .err()
    .unwrap();
    for part in ["2 of 3 nodes", "Foo 'a'", "Bar 'y'", "opset 13", "--output_names"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains("Relu"), "{message}");
}

#[test]
fn wrong_files_and_options_say_what_and_where() {
    let relu = relu().encode_to_vec();
    let open = model(&[-1, 4], vec![node("Relu", &["x"], "y")], Vec::new(), "y").encode_to_vec();
    let short = floats("w", &[2, 2], &[1.0]);
    let huge = floats("w", &[i64::MAX, i64::MAX], &[1.0]);
    let with =
        |constant| model(&[1, 4], vec![node("Add", &["x", "w"], "y")], vec![constant], "y").encode_to_vec();
    let unsorted = model(&[1, 4], vec![node("Relu", &["z"], "y")], Vec::new(), "y").encode_to_vec();
    let mut shaped = options();
    shaped.input_shapes = vec![vec![1, 4, 4]];
    let mut cut = options();
    cut.output_names = vec!["z".to_owned()];
    let cases: [(&[u8], &ImportOptions, &str); 9] = [
        (b"this is no ONNX file", &options(), "is not a complete ONNX file"),
        (&[], &options(), "holds no graph"),
        (&relu[..relu.len() - 3], &options(), "is not a complete ONNX file"),
        (&open, &options(), "has open dimensions [batch,4]"),
        (&with(short), &options(), "tensor 'w': expects 4 elements"),
        (&with(huge), &options(), "tensor 'w': is too large"),
        (&unsorted, &options(), "uses 'z', which nothing before it makes"),
        (
            &relu,
            &shaped,
            "input 'x' has 2 dimensions [1,4], found [1, 4, 4]",
        ),
        (&relu, &cut, "no node makes 'z'; did you mean 'y'?"),
    ];
    for (bytes, options, part) in cases {
        let message = import_bytes(bytes, options)
            .err()
            .unwrap_or_else(|| "imported".to_owned());
        assert!(
            message.contains(part) && message.contains("model.onnx"),
            "{part}: {message}"
        );
    }
}

#[test]
fn damaged_files_do_not_panic() {
    let weight = floats("w", &[2, 4, 1, 1], &[0.5; 8]);
    let mut conv = node("Conv", &["x", "w"], "y");
    conv.attribute.push(AttributeProto {
        name: Some("kernel_shape".to_owned()),
        ints: vec![1, 1],
        ..AttributeProto::default()
    });
    let bytes = model(&[1, 4, 3, 3], vec![conv], vec![weight], "y").encode_to_vec();
    assert!(import_bytes(&bytes, &options()).is_ok());
    for position in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[position] ^= change;
            let _ = import_bytes(&damaged, &options());
            let _ = import_bytes(&damaged[..position], &options());
        }
    }
}

#[test]
fn batch_norm_goes_into_the_convolution() {
    let mut norm = node("BatchNormalization", &["c", "s", "b", "m", "v"], "y");
    norm.attribute.push(AttributeProto {
        name: Some("epsilon".to_owned()),
        f: Some(0.0),
        ..AttributeProto::default()
    });
    let constants = vec![
        floats("w", &[1, 1, 1, 1], &[3.0]),
        floats("s", &[1], &[2.0]),
        floats("b", &[1], &[1.0]),
        floats("m", &[1], &[5.0]),
        floats("v", &[1], &[4.0]),
    ];
    let nodes = vec![node("Conv", &["x", "w"], "c"), norm];
    let program = import_bytes(
        &model(&[1, 1, 3, 3], nodes, constants, "y").encode_to_vec(),
        &options(),
    )
    .unwrap();
    let values: Vec<f32> = program
        .weight_names()
        .iter()
        .flat_map(|name| {
            program
                .weights
                .get(name)
                .unwrap()
                .to_f32()
                .iter()
                .copied()
                .collect::<Vec<_>>()
        })
        .collect();
    // 3 * 2 / sqrt(4) and (0 - 5) * 1 + 1.
    assert_eq!(values, [3.0, -4.0], "{:?}", program.weight_names());
}

fn ints(name: &str, data: &[i64]) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        dims: vec![data.len() as i64],
        data_type: Some(7),
        int64_data: data.to_vec(),
        ..TensorProto::default()
    }
}

#[test]
fn constants_that_only_inference_computes_are_folded() {
    let nodes = vec![
        node("Tile", &["c", "repeats"], "tiled"),
        node("Sigmoid", &["tiled"], "mask"),
        node("Add", &["x", "mask"], "y"),
    ];
    let constants = vec![floats("c", &[1, 2], &[0.0, 0.0]), ints("repeats", &[1, 2])];
    let program = import_bytes(&model(&[1, 4], nodes, constants, "y").encode_to_vec(), &options()).unwrap();
    let text = program.to_text();
    assert!(
        !text.contains("top.Tile") && !text.contains("top.Sigmoid"),
        "{text}"
    );
    let mask = program.weights.get("mask").unwrap();
    assert_eq!(mask.shape(), [1, 4]);
    assert!(mask.to_f32().iter().all(|value| *value == 0.5));
}

#[test]
fn newer_formats_are_not_simplified() {
    let nodes = vec![node("Relu", &["x"], "a"), node("Relu", &["a"], "y")];
    let mut proto = model(&[1, 4], nodes, Vec::new(), "y");
    let count = |proto: &ModelProto| {
        let text = import_bytes(&proto.encode_to_vec(), &options())
            .unwrap()
            .to_text();
        text.matches("\"top.Relu\"").count()
    };
    assert_eq!(count(&proto), 1);
    proto.ir_version = Some(9);
    assert_eq!(count(&proto), 2);
}

fn int_attribute(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        i: Some(value),
        ..AttributeProto::default()
    }
}

/// The text of a network of operator set 18.
fn text_of_set_18(dims: &[i64], nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> String {
    let mut model = model(dims, nodes, constants, "y");
    model.opset_import[0].version = Some(18);
    import_bytes(&model.encode_to_vec(), &options())
        .unwrap_or_else(|error| panic!("{error}"))
        .to_text()
}

#[test]
fn what_operator_set_18_says_otherwise() {
    let mut split = node("Split", &["x"], "a");
    split.output = vec!["a".to_owned(), "b".to_owned(), "y".to_owned()];
    split.attribute = vec![int_attribute("axis", 1), int_attribute("num_outputs", 3)];
    let text = text_of_set_18(&[1, 7], vec![split], Vec::new());
    assert!(text.contains("split_size = [3, 3, 1]"), "{text}");

    let pad = node("Pad", &["x", "pads", "", "axes"], "y");
    let text = text_of_set_18(
        &[1, 2, 4, 4],
        vec![pad],
        vec![ints("pads", &[1, 2]), ints("axes", &[-1])],
    );
    assert!(text.contains("paddings = [0, 0, 0, 1, 0, 0, 0, 2]"), "{text}");

    let mut norm = node("GroupNormalization", &["x", "s", "b"], "y");
    norm.attribute.push(int_attribute("num_groups", 2));
    let constants = vec![floats("s", &[2], &[2.0, 3.0]), floats("b", &[2], &[0.0, 1.0])];
    let text = text_of_set_18(&[1, 4, 2, 2], vec![norm], constants);
    assert!(text.contains("() -> tensor<4xf32>"), "{text}");

    let mut resize = node("Resize", &["x", "", "scales"], "y");
    resize.attribute.push(AttributeProto {
        name: Some("axes".to_owned()),
        ints: vec![2, 3],
        ..AttributeProto::default()
    });
    let constants = vec![floats("scales", &[2], &[2.0, 2.0])];
    let text = text_of_set_18(&[1, 1, 2, 2], vec![resize.clone()], constants.clone());
    assert!(text.contains("scale_h = 2.000000e+00 : f64"), "{text}");
    resize.attribute.push(int_attribute("antialias", 1));
    let mut model = model(&[1, 1, 2, 2], vec![resize], constants, "y");
    model.opset_import[0].version = Some(18);
    let message = import_bytes(&model.encode_to_vec(), &options()).err().unwrap();
    assert!(message.contains("antialias"), "{message}");
}

#[test]
fn boxes_are_suppressed_on_the_host() {
    let nodes = vec![
        node("Reshape", &["x", "as_boxes"], "boxes"),
        node("NonMaxSuppression", &["boxes", "scores", "most", "overlap"], "y"),
    ];
    let constants = vec![
        ints("as_boxes", &[1, 3, 4]),
        floats("scores", &[1, 1, 3], &[0.5, 0.7, 0.6]),
        ints("most", &[2]),
        floats("overlap", &[1], &[0.5]),
    ];
    let text = import_bytes(
        &model(&[1, 12], nodes, constants, "y").encode_to_vec(),
        &options(),
    )
    .unwrap()
    .to_text();
    assert!(
        text.contains("\"top.Nms\"")
            && text.contains("center_point_box = 0 : i64, max_output_size = 2 : i64"),
        "{text}"
    );
}

#[test]
fn casts_to_narrow_floats_are_refused() {
    let mut cast = node("Cast", &["x"], "y");
    cast.attribute.push(int_attribute("to", 16));
    let message = import_bytes(
        &model(&[1, 4], vec![cast], Vec::new(), "y").encode_to_vec(),
        &options(),
    )
    .err()
    .unwrap();
    assert!(message.contains("element type 16"), "{message}");
}
