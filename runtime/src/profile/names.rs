//! Which operation a command belongs to, from the list of tensor locations (`docs/bmodel.md`).

use crate::isa::Engine;
use crate::session::parse_locations;
use serde_json::Value;
use std::collections::HashMap;

/// Names of operations by the commands that compute them.
#[derive(Clone, Debug, Default)]
pub struct OperationNames {
    /// First and last command id, and the name, by sub-net and engine, in the order of the ids.
    ranges: HashMap<(i64, Engine), Vec<(u64, u64, String)>>,
}

impl OperationNames {
    /// Reads the list, which is JSON. A list that is damaged, and entries that lack something, give no names: they only
    /// decorate.
    #[must_use]
    pub fn from_locations(json: &[u8]) -> Self {
        let mut names = Self::default();
        let list = parse_locations(json).unwrap_or_default();
        for entry in list.as_array().into_iter().flatten() {
            names.read_entry(entry);
        }
        for ranges in names.ranges.values_mut() {
            ranges.sort_by_key(|(first, last, _)| (*first, *last));
        }
        names
    }

    fn read_entry(&mut self, entry: &Value) -> Option<()> {
        let ids = |key: &str, position: usize| entry.get(key)?.get(position)?.as_u64();
        let subnet = entry.get("subnet_id")?.as_i64()?;
        let opcode = entry.get("opcode")?.as_str()?;
        let result = entry
            .get("results")
            .and_then(Value::as_array)
            .and_then(|results| results.iter().find_map(|result| result.get("name")?.as_str()));
        let name = match result {
            Some(result) => format!("{opcode} {result}"),
            None => opcode.to_owned(),
        };
        for (position, engine) in [Engine::Tiu, Engine::Dma].into_iter().enumerate() {
            let before = ids("tiu_dma_id(before)", position)?;
            let after = ids("tiu_dma_id(after)", position)?;
            if before < after {
                self.ranges
                    .entry((subnet, engine))
                    .or_default()
                    .push((before + 1, after, name.clone()));
            }
        }
        Some(())
    }

    /// The operation of the command with that id.
    #[must_use]
    pub fn of(&self, subnet: i32, engine: Engine, id: u64) -> Option<&str> {
        let ranges = self.ranges.get(&(i64::from(subnet), engine))?;
        let candidate = ranges
            .partition_point(|(first, _, _)| *first <= id)
            .checked_sub(1)?;
        let (_, last, name) = &ranges[candidate];
        (id <= *last).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_find_their_operation() {
        let list = serde_json::json!([
            {"opcode": "tpu.Load", "subnet_id": 0, "tiu_dma_id(before)": [0, 0], "tiu_dma_id(after)": [0, 2],
             "results": [{}, {"name": "x"}]},
            {"opcode": "tpu.Conv2D", "subnet_id": 0, "tiu_dma_id(before)": [0, 2], "tiu_dma_id(after)": [3, 2],
             "results": []},
            {"opcode": 7}
        ]);
        let names = OperationNames::from_locations(list.to_string().as_bytes());
        assert_eq!(names.of(0, Engine::Dma, 2), Some("tpu.Load x"));
        assert_eq!(names.of(0, Engine::Tiu, 3), Some("tpu.Conv2D"));
        assert_eq!(names.of(0, Engine::Tiu, 4), None);
        assert_eq!(names.of(0, Engine::Dma, 3), None);
        assert_eq!(names.of(1, Engine::Dma, 2), None);
    }
}
