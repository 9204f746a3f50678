//! The option words of TPU-NNTC's `calibration_use_pb`, translated: `-th_method=ADMM;-fpfwd_outputs=a,b;-iterations=200`.

use crate::calibration::Method;
use tpuc_dialects::ir::nearest;

/// What the words ask for.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NntcOptions {
    /// `-th_method`
    pub method: Option<Method>,
    /// `-iterations`: number of samples.
    pub samples: Option<usize>,
    /// `-per_channel` and `-conv_group`: shifts for channels.
    pub per_channel: Option<bool>,
    /// `-accuracy_opt`: depthwise convolutions stay in floating point.
    pub float_depthwise: bool,
    /// `-fpfwd_inputs`: these layers and all before them stay in floating point.
    pub float_inputs: String,
    /// `-fpfwd_outputs`: these layers and all after them.
    pub float_outputs: String,
    /// `-fpfwd_blocks`: what lies between `starts:ends`.
    pub float_blocks: Vec<String>,
    /// `-fp32_diff`
    pub fp32_diff: Option<f64>,
    /// One line for each word: what it became.
    pub translation: Vec<String>,
}

/// Words that are known and need nothing here, with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("model", "the network is the command's first argument"),
    ("weights", "weights are found beside the network"),
    ("bitwidth", "TO_INT8 is what 'tpuc quantize' does"),
    ("graph_transform", "'tpuc transform' has simplified the network"),
    ("winograd", "convolutions have no Winograd form here"),
    ("save_model", "all results are kept in the output folder"),
    ("save_test_proto", "'tpuc umodel export' writes the prototxt"),
    ("fuse_preprocess", "preprocessing is part of the network's input"),
    (
        "dump_dist",
        "trials are kept in the output folder; 'tpuc calibrate --dump_dist' keeps histograms",
    ),
    (
        "load_dist",
        "trials are kept in the output folder; 'tpuc calibrate --load_dist' reads histograms",
    ),
    ("asym_threshold", "bm1684 has symmetric scales only"),
    ("target", "the chip is bm1684"),
    ("debug_log_level", "messages have one level"),
];

/// All words, for messages.
const WORDS: &[&str] = &[
    "th_method",
    "iterations",
    "per_channel",
    "conv_group",
    "accuracy_opt",
    "fpfwd_inputs",
    "fpfwd_outputs",
    "fpfwd_blocks",
    "fp32_diff",
];

/// Reads words separated by `;` or blanks before a dash; a value follows `=` or a blank.
///
/// # Errors
/// An unknown word with the nearest ones, or a value that a word cannot have.
pub fn parse(text: &str) -> Result<NntcOptions, String> {
    let mut options = NntcOptions::default();
    for (word, value) in words(text)? {
        let became = options.apply(&word, &value)?;
        let shown = if value.is_empty() {
            format!("-{word}")
        } else {
            format!("-{word}={value}")
        };
        options.translation.push(format!("{shown}: {became}"));
    }
    Ok(options)
}

/// Splits into words and values.
fn words(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let Some(word) = part.strip_prefix("--").or_else(|| part.strip_prefix('-')) else {
            return Err(format!(
                "'{part}' in '{text}' begins with no dash; write options as -th_method=ADMM;-iterations=200"
            ));
        };
        let (word, value) = word
            .split_once(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or((word, ""));
        let value = value.trim().trim_matches(['"', '\'']);
        found.push((word.trim().to_owned(), value.trim_end_matches(';').to_owned()));
    }
    Ok(found)
}

/// Parts at `;`, and at blanks that a dash and a letter follow: `-a=1 -b=2`. Layer names such as `< 24 >86` have blanks.
fn split(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 0..bytes.len() {
        let option_follows = bytes[at].is_ascii_whitespace()
            && bytes.get(at + 1) == Some(&b'-')
            && bytes
                .get(at + 2)
                .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
        if bytes[at] == b';' || option_follows {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

impl NntcOptions {
    /// Takes one word over and says what became of it.
    fn apply(&mut self, word: &str, value: &str) -> Result<String, String> {
        let wrong = |wanted: &str| format!("-{word}: expected {wanted}, found '{value}'");
        let truth = || match value.to_ascii_lowercase().as_str() {
            "" | "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(wrong("true or false")),
        };
        match word {
            "th_method" => {
                let (method, note) = match value.to_ascii_uppercase().as_str() {
                    "KL" => (Method::Kl, ""),
                    "SYMKL" | "JSD" => (Method::Kl, " (the nearest of the divergences that there are)"),
                    "ADMM" => (Method::Admm, ""),
                    "ACIQ" => (Method::AciqGauss, ""),
                    "MAX" => (Method::Max, ""),
                    "MSE" => (Method::Mse, ""),
                    "PERCENTILE9999" => (Method::Percentile9999, ""),
                    _ => return Err(wrong("KL, SYMKL, JSD, ADMM, ACIQ, MAX, MSE or PERCENTILE9999")),
                };
                self.method = Some(method);
                Ok(format!("--cali_method {}{note}", method.name()))
            }
            "iterations" => {
                let count: usize = value.parse().map_err(|_| wrong("a number"))?;
                self.samples = Some(count);
                Ok(format!("--input_num {count}"))
            }
            "per_channel" | "conv_group" => {
                let on = truth()?;
                // Either of them asks for it.
                let on = on || self.per_channel == Some(true);
                self.per_channel = Some(on);
                Ok(format!("--per_channel {}", if on { "yes" } else { "no" }))
            }
            "accuracy_opt" => {
                self.float_depthwise = truth()?;
                let what = if self.float_depthwise {
                    "stay"
                } else {
                    "need not stay"
                };
                Ok(format!("depthwise convolutions {what} in F32"))
            }
            "fpfwd_inputs" => {
                self.float_inputs = value.to_owned();
                Ok("these layers and all before them stay in F32".to_owned())
            }
            "fpfwd_outputs" => {
                self.float_outputs = value.to_owned();
                Ok("these layers and all after them stay in F32".to_owned())
            }
            "fpfwd_blocks" => {
                if !value.contains(':') {
                    return Err(wrong("STARTS:ENDS"));
                }
                self.float_blocks.push(value.to_owned());
                Ok("what lies between these layers stays in F32".to_owned())
            }
            "fp32_diff" => {
                let limit: f64 = value
                    .parse()
                    .ok()
                    .filter(|limit: &f64| *limit > 0.0)
                    .ok_or_else(|| wrong("a positive number"))?;
                self.fp32_diff = Some(limit);
                Ok(format!("--fp32_diff {limit}"))
            }
            other => match WITHOUT_EFFECT.iter().find(|(known, _)| *known == other) {
                Some((_, reason)) => Ok(format!("no effect: {reason}")),
                None => Err(unknown(other)),
            },
        }
    }
}

fn unknown(word: &str) -> String {
    let all = WORDS
        .iter()
        .copied()
        .chain(WITHOUT_EFFECT.iter().map(|(word, _)| *word));
    let near = nearest(word, all, 3);
    let hint = if near.is_empty() {
        format!("; known are -{}", WORDS.join(", -"))
    } else {
        format!("; did you mean -{}?", near.join(", -"))
    };
    format!("-{word} is not an option of TPU-NNTC that is known here{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_understood() {
        // The longest line of Sophgo's published scripts, but for its names.
        let options = parse(
            "-fpfwd_outputs=< 105 >86,< 105 >55;-th_method=MSE;-conv_group=true;-per_channel=true;-accuracy_opt=true;-graph_transform=true;-iterations=200;-dump_dist=./d;-load_dist=./d",
        )
        .unwrap();
        assert_eq!(options.float_outputs, "< 105 >86,< 105 >55");
        assert_eq!(options.method, Some(Method::Mse));
        assert_eq!((options.per_channel, options.samples), (Some(true), Some(200)));
        assert!(options.float_depthwise);
        assert_eq!(options.translation.len(), 9);
        assert_eq!(options.translation[1], "-th_method=MSE: --cali_method mse");
        // Options of a command line, with blanks.
        let options = parse("-th_method ADMM -iterations=10 --fp32_diff=0.01 -fpfwd_blocks=a:b").unwrap();
        assert_eq!((options.method, options.samples), (Some(Method::Admm), Some(10)));
        assert_eq!(
            (options.fp32_diff, options.float_blocks),
            (Some(0.01), vec!["a:b".to_owned()])
        );
        assert_eq!(parse("").unwrap(), NntcOptions::default());
    }

    #[test]
    fn wrong_words_are_errors() {
        for (text, part) in [
            ("-th_metod=KL", "did you mean -th_method"),
            ("-th_method=FOO", "expected KL, SYMKL"),
            ("-iterations=many", "expected a number"),
            ("-fp32_diff=0", "expected a positive number"),
            ("-fpfwd_blocks=a", "expected STARTS:ENDS"),
            ("-per_channel=perhaps", "expected true or false"),
            ("th_method=KL", "begins with no dash"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
