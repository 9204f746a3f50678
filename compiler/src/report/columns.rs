//! Errors of the outputs, layer by layer, from a file: what is lost when only a layer is INT8, and when everything up to it is.

use super::data::Layer;
use rustc_hash::FxHashMap;

/// A file of tab-separated values with a line of names: `name`, `single_sqnr`, `cumulative_sqnr`, and any others.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    single: FxHashMap<String, f64>,
    cumulative: FxHashMap<String, f64>,
}

impl Columns {
    /// Reads the text of a file; `file` is for messages.
    ///
    /// # Errors
    /// When a column is missing or a number is none.
    pub fn parse(text: &str, file: &str) -> Result<Self, String> {
        let mut lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        let names: Vec<&str> = lines
            .next()
            .map(|(_, line)| line.split('\t').collect())
            .unwrap_or_default();
        let place = |wanted: &str| {
            names.iter().position(|name| *name == wanted).ok_or_else(|| {
                format!(
                    "{file}: the first line has no column '{wanted}'; columns are separated by tabulators"
                )
            })
        };
        let (name, single, cumulative) = (place("name")?, place("single_sqnr")?, place("cumulative_sqnr")?);
        let mut columns = Self::default();
        for (index, line) in lines {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |column: usize| {
                fields.get(column).copied().ok_or_else(|| {
                    format!(
                        "{file}:{}: {} columns, {} are wanted",
                        index + 1,
                        fields.len(),
                        names.len()
                    )
                })
            };
            let number = |column: usize| match field(column)? {
                "-" | "" => Ok(None),
                text => text
                    .parse()
                    .ok()
                    .filter(|value: &f64| value.is_finite())
                    .map(Some)
                    .ok_or_else(|| format!("{file}:{}: '{text}' is not a finite number", index + 1)),
            };
            let layer = field(name)?;
            if let Some(value) = number(single)? {
                columns.single.insert(layer.to_owned(), value);
            }
            if let Some(value) = number(cumulative)? {
                columns.cumulative.insert(layer.to_owned(), value);
            }
        }
        Ok(columns)
    }

    /// Writes them into the layers. Gives names that no layer has.
    pub fn add_to(&self, layers: &mut [Layer]) -> Vec<String> {
        for layer in layers.iter_mut() {
            layer.single_sqnr = self.single.get(&layer.name).copied();
            layer.cumulative_sqnr = self.cumulative.get(&layer.name).copied();
        }
        let mut unknown: Vec<String> = self
            .single
            .keys()
            .chain(self.cumulative.keys())
            .filter(|name| !layers.iter().any(|layer| layer.name == **name))
            .cloned()
            .collect();
        unknown.sort();
        unknown.dedup();
        unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        let text =
            "name\ttype\tcumulative_sqnr\tsingle_sqnr\na\ttop.Conv\t10.5\t20\nb\ttop.Add\t-\t3\nc\tx\t1\t2\n";
        let columns = Columns::parse(text, "f").unwrap();
        let named = |name: &str| Layer {
            name: name.to_owned(),
            ..Layer::default()
        };
        let mut layers = [named("a"), named("b")];
        assert_eq!(columns.add_to(&mut layers), ["c"]);
        assert_eq!(
            (layers[0].single_sqnr, layers[0].cumulative_sqnr),
            (Some(20.0), Some(10.5))
        );
        assert_eq!(
            (layers[1].single_sqnr, layers[1].cumulative_sqnr),
            (Some(3.0), None)
        );
    }

    #[test]
    fn bad_files_are_errors() {
        let message = |text: &str| Columns::parse(text, "f").unwrap_err();
        assert!(message("a b c").contains("no column 'name'"));
        assert!(message("name\tsingle_sqnr\tcumulative_sqnr\na\t1").starts_with("f:2: 2 columns"));
        assert!(message("name\tsingle_sqnr\tcumulative_sqnr\na\tx\t1").contains("'x' is not"));
    }
}
