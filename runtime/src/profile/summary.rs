//! The sums of a time line, for people and for programs.

use super::{Profile, Totals};
use crate::isa::{
    Engine,
    cost::{DDR_BYTES_PER_SECOND, LAUNCH_CYCLES, seconds},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[allow(clippy::cast_precision_loss)] // a reading for people
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[allow(clippy::cast_precision_loss)] // readings for people
impl Totals {
    /// Estimated latency in milliseconds: the commands, and [`LAUNCH_CYCLES`].
    #[must_use]
    pub fn milliseconds(&self) -> f64 {
        seconds(self.cycles.saturating_add(LAUNCH_CYCLES)) * 1e3
    }

    /// Share of the time in which the TIU works, 0 to 1.
    #[must_use]
    pub fn tiu_utilisation(&self) -> f64 {
        ratio(self.tiu_cycles as f64, self.cycles as f64)
    }

    /// Share of the time in which the GDMA works, 0 to 1.
    #[must_use]
    pub fn dma_utilisation(&self) -> f64 {
        ratio(self.dma_cycles as f64, self.cycles as f64)
    }

    /// Multiply-adds against what the lanes could do in the time, 0 to 1.
    #[must_use]
    pub fn mac_utilisation(&self) -> f64 {
        ratio(self.peak_mac_cycles as f64, self.cycles as f64)
    }

    /// Bytes read from and written to DDR.
    #[must_use]
    pub fn ddr_bytes(&self) -> u64 {
        self.ddr_read_bytes.saturating_add(self.ddr_write_bytes)
    }

    /// DDR traffic against 32 GiB/s, 0 to 1.
    #[must_use]
    pub fn ddr_utilisation(&self) -> f64 {
        ratio(
            self.ddr_bytes() as f64,
            seconds(self.cycles) * DDR_BYTES_PER_SECOND as f64,
        )
    }
}

/// Commands and cycles of one kind.
struct Kind {
    engine: Engine,
    name: String,
    commands: u64,
    cycles: u64,
}

#[allow(clippy::cast_precision_loss)] // readings for people
impl Profile {
    /// Kinds of commands, the most expensive first.
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds: BTreeMap<(Engine, &str), (u64, u64)> = BTreeMap::new();
        for slice in &self.slices {
            let (commands, cycles) = kinds.entry((slice.engine, &slice.mnemonic)).or_default();
            *commands += 1;
            *cycles = cycles.saturating_add(slice.end - slice.start);
        }
        let kind = |((engine, name), (commands, cycles)): ((Engine, &str), (u64, u64))| Kind {
            engine,
            name: name.to_owned(),
            commands,
            cycles,
        };
        let mut kinds: Vec<Kind> = kinds.into_iter().map(kind).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.cycles));
        kinds
    }

    /// A few lines: latency, utilisation of both engines, multiply-adds, bytes, and the kinds of commands.
    #[must_use]
    pub fn summary(&self) -> String {
        let totals = &self.totals;
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let mut text = format!(
            "estimated latency: {:.3} ms: launch {:.3} ms, commands {:.3} ms ({} cycles at 550 MHz)\n",
            totals.milliseconds(),
            seconds(LAUNCH_CYCLES) * 1e3,
            seconds(totals.cycles) * 1e3,
            totals.cycles
        );
        text += &format!(
            "TIU:  {} commands, {} cycles, {} busy; {:.3} G multiply-adds, {} of the peak\n",
            totals.tiu_commands,
            totals.tiu_cycles,
            percent(totals.tiu_utilisation()),
            totals.macs as f64 / 1e9,
            percent(totals.mac_utilisation())
        );
        text += &format!(
            "GDMA: {} commands, {} cycles, {} busy; DDR {:.2} MB read, {:.2} MB written, {:.2} GB/s, {} of 32 GiB/s\n",
            totals.dma_commands,
            totals.dma_cycles,
            percent(totals.dma_utilisation()),
            totals.ddr_read_bytes as f64 / 1e6,
            totals.ddr_write_bytes as f64 / 1e6,
            ratio(totals.ddr_bytes() as f64, seconds(totals.cycles)) / 1e9,
            percent(totals.ddr_utilisation())
        );
        if self.host_layers > 0 {
            text += &format!(
                "host: {} layers, whose time is not known and not counted\n",
                self.host_layers
            );
        }
        for kind in self.kinds() {
            text += &format!(
                "  {:4} {:24} {:7} commands {:12} cycles\n",
                kind.engine, kind.name, kind.commands, kind.cycles
            );
        }
        text
    }

    /// The same for programs.
    #[must_use]
    pub fn summary_json(&self) -> Value {
        let totals = &self.totals;
        let kinds: Vec<Value> = self
            .kinds()
            .iter()
            .map(|kind| {
                json!({"engine": kind.engine.to_string(), "command": kind.name, "commands": kind.commands, "cycles": kind.cycles})
            })
            .collect();
        json!({
            "milliseconds": totals.milliseconds(),
            "cycles": totals.cycles,
            "tiu": {"commands": totals.tiu_commands, "cycles": totals.tiu_cycles, "utilisation": totals.tiu_utilisation()},
            "gdma": {"commands": totals.dma_commands, "cycles": totals.dma_cycles, "utilisation": totals.dma_utilisation(), "bytes": totals.dma_bytes},
            "macs": totals.macs,
            "mac_utilisation": totals.mac_utilisation(),
            "ddr_read_bytes": totals.ddr_read_bytes,
            "ddr_write_bytes": totals.ddr_write_bytes,
            "ddr_utilisation": totals.ddr_utilisation(),
            "host_layers": self.host_layers,
            "kinds": kinds,
        })
    }
}
