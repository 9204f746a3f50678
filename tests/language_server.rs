//! The language server as an editor talks to it: a session over standard input and output.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tpuc_tests::program;

struct Editor {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
}

impl Editor {
    fn start() -> Self {
        let mut server = Command::new(program("tpuc-lsp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = server.stdin.take().unwrap();
        let output = BufReader::new(server.stdout.take().unwrap());
        let mut editor = Self {
            server,
            input,
            output,
            next: 0,
        };
        let answer = editor.ask("initialize", json!({"capabilities": {}}));
        assert_eq!(answer["capabilities"]["hoverProvider"], json!(true), "{answer}");
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let answer = self.receive();
        assert_eq!(answer["id"], json!(id), "{answer}");
        if answer["error"].is_null() {
            answer["result"].clone()
        } else {
            answer["error"].clone()
        }
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            match line.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The diagnostics that follow an opened or changed text.
    fn published(&mut self) -> Vec<Value> {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn stop(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().unwrap().success());
    }
}

const TEXT: &str = r#"#loc = loc(unknown)
#loc1 = loc("in")
module @net {
  func.func @main(%arg0: tensor<1x8xf32> loc("x")) -> tensor<1x8x!quant.calibrated<f32<-2.000000e+00:4.000000e+00>>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8xf32>) -> tensor<1x8xf32> loc(#loc1)
    %1 = "top.Relu"(%0) {relu_limit = -1.000000e+00 : f64} : (tensor<1x8xf32>) -> tensor<1x8x!quant.calibrated<f32<-2.000000e+00:4.000000e+00>>> loc("relu")
    return %1 : tensor<1x8x!quant.calibrated<f32<-2.000000e+00:4.000000e+00>>> loc(#loc)
  } loc(#loc)
} loc(#loc)
"#;

const URI: &str = "file:///net.mlir";

/// The position of the `occurrence`-th place where some text stands.
fn place(text: &str, wanted: &str, occurrence: usize) -> Value {
    let (offset, _) = text.match_indices(wanted).nth(occurrence).unwrap();
    let line = text[..offset].matches('\n').count();
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    json!({"line": line, "character": offset - start})
}

#[test]
fn a_session_with_an_editor() {
    let mut editor = Editor::start();
    let open =
        |text: &str| json!({"textDocument": {"uri": URI, "languageId": "mlir", "version": 1, "text": text}});
    editor.tell("textDocument/didOpen", open(TEXT));
    assert_eq!(editor.published(), Vec::<Value>::new());
    let at = |wanted: &str, occurrence| json!({"textDocument": {"uri": URI}, "position": place(TEXT, wanted, occurrence)});

    // Values: result, argument, and the place of the name in the answer.
    let hover = editor.ask("textDocument/hover", at("%1", 1));
    let text = hover["contents"]["value"].as_str().unwrap();
    for part in [
        "%1",
        "top.Relu",
        "tensor<1x8x",
        "shape [1, 8], 8 elements",
        "threshold 4",
        "location `\"relu\"`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(hover["range"]["start"], place(TEXT, "%1", 1));
    let hover = editor.ask("textDocument/hover", at("%arg0", 1));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.contains("tensor<1x8xf32>") && text.contains("location `\"x\"`"),
        "{text}"
    );
    let hover = editor.ask("textDocument/hover", at("top.Relu", 0));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("top.Relu"));
    assert_eq!(editor.ask("textDocument/hover", at("relu_limit", 0)), Value::Null);

    // Definition and references.
    let definition = editor.ask("textDocument/definition", at("%0", 1));
    assert_eq!(definition["range"]["start"], place(TEXT, "%0", 0));
    let definition = editor.ask("textDocument/definition", at("#loc1", 1));
    assert_eq!(definition["range"]["start"], place(TEXT, "#loc1", 0));
    let mut question = at("%0", 0);
    question["context"] = json!({"includeDeclaration": false});
    let references = editor.ask("textDocument/references", question);
    assert_eq!(references.as_array().unwrap().len(), 1);
    assert_eq!(references[0]["range"]["start"], place(TEXT, "%0", 1));

    // The outline.
    let symbols = editor.ask(
        "textDocument/documentSymbol",
        json!({"textDocument": {"uri": URI}}),
    );
    assert_eq!(symbols[0]["name"], "@net");
    assert_eq!(symbols[1]["name"], "@main");
    let names: Vec<&Value> = symbols[1]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| &child["name"])
        .collect();
    assert_eq!(names, ["%arg0", "%0", "%1"]);

    // A mistake appears while one types, and goes away again.
    let broken = TEXT.replace("\"top.Relu\"(%0)", "\"top.Relu\"(%7)");
    let change =
        |text: &str| json!({"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": text}]});
    editor.tell("textDocument/didChange", change(&broken));
    let found = editor.published();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .contains("undeclared SSA value"),
        "{found:?}"
    );
    assert_eq!(found[0]["range"]["start"], place(&broken, "%7", 0));
    // Names are known although the text does not parse.
    let definition = editor.ask("textDocument/definition", at("%1", 1));
    assert_eq!(definition["range"]["start"], place(TEXT, "%1", 0));
    let mistyped = TEXT.replace("top.Relu", "top.Rleu");
    editor.tell("textDocument/didChange", change(&mistyped));
    assert!(
        editor.published()[0]["message"]
            .as_str()
            .unwrap()
            .contains("top.Relu")
    );
    editor.tell("textDocument/didChange", change(TEXT));
    assert_eq!(editor.published(), Vec::<Value>::new());

    // What is unknown is answered with an error, and the server goes on.
    assert!(
        editor.ask("textDocument/rename", json!({}))["message"]
            .as_str()
            .unwrap()
            .contains("rename")
    );
    assert!(editor.ask("textDocument/hover", json!({"x": 1}))["code"].is_i64());
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    assert_eq!(editor.published(), Vec::<Value>::new());
    editor.stop();
}
