//! The time line in Chrome's trace event format, which Perfetto and chrome://tracing open.

use super::{Profile, Slice};
use crate::isa::{Engine, cost::CLOCK_HZ};
use serde_json::{Value, json};

impl Profile {
    /// One process, named `process`, with a row for each engine and a complete event for each command. Times are in
    /// microseconds, as the format asks; cycles, bytes and multiply-adds are arguments of the events.
    #[must_use]
    pub fn chrome_trace(&self, process: &str) -> Value {
        let metadata = |name: &str, row: u64, value: &str| json!({"name": name, "ph": "M", "pid": 1, "tid": row, "args": {"name": value}});
        let mut events = vec![
            metadata("process_name", 0, process),
            metadata("thread_name", row(Engine::Tiu), "TIU"),
            metadata("thread_name", row(Engine::Dma), "GDMA"),
        ];
        events.extend(self.slices.iter().map(event));
        json!({"displayTimeUnit": "ns", "traceEvents": events})
    }
}

fn row(engine: Engine) -> u64 {
    match engine {
        Engine::Tiu => 1,
        Engine::Dma => 2,
    }
}

#[allow(clippy::cast_precision_loss)] // a reading for people
fn microseconds(cycles: u64) -> f64 {
    cycles as f64 * 1e6 / CLOCK_HZ as f64
}

fn event(slice: &Slice) -> Value {
    let mut arguments = json!({"id": slice.id, "command": slice.mnemonic, "cycles": slice.end - slice.start});
    match slice.engine {
        Engine::Tiu => arguments["macs"] = slice.macs.into(),
        Engine::Dma => arguments["bytes"] = slice.bytes.into(),
    }
    json!({
        "name": slice.operation.as_ref().unwrap_or(&slice.mnemonic),
        "cat": slice.engine.to_string(),
        "ph": "X",
        "pid": 1,
        "tid": row(slice.engine),
        "ts": microseconds(slice.start),
        "dur": microseconds(slice.end - slice.start),
        "args": arguments,
    })
}
