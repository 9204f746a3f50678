//! The report as one HTML page: style, data and scripts stand inside of it, and its content security policy lets the browser
//! load nothing else.

use super::data::Report;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// In the order in which they are needed.
const SCRIPTS: &[&str] = &[
    include_str!("dom.js"),
    include_str!("selection.js"),
    include_str!("summary.js"),
    include_str!("overlay.js"),
    include_str!("graph.js"),
    include_str!("layer.js"),
    include_str!("errors.js"),
    include_str!("table.js"),
    include_str!("timeline.js"),
    include_str!("memory.js"),
    include_str!("groups.js"),
    include_str!("main.js"),
];

/// The page.
///
/// # Errors
/// When a number cannot be written as JSON.
pub fn page(report: &Report) -> Result<String, serde_json::Error> {
    let data = script_text(&serde_json::to_string(report)?);
    let mut page = String::with_capacity(data.len() + 65_536);
    let mut rest = PAGE;
    let scripts = SCRIPTS.concat();
    let title = html_text(&report.summary.network);
    for (marker, content) in [
        ("{{TITLE}}", title.as_str()),
        ("{{STYLE}}", STYLE),
        ("{{DATA}}", data.as_str()),
        ("{{SCRIPT}}", scripts.as_str()),
    ] {
        if let Some((before, after)) = rest.split_once(marker) {
            page.push_str(before);
            page.push_str(content);
            rest = after;
        }
    }
    page.push_str(rest);
    Ok(page)
}

/// JSON that can stand in a script element: nothing in it ends the element or begins a comment.
fn script_text(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

/// Text between tags.
fn html_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::data::{Layer, Summary};
    use super::*;

    #[test]
    fn names_cannot_leave_the_data() {
        let name = "a</script><script>alert(1)</script>\"'&<!--\u{2028}{{SCRIPT}}";
        let report = Report {
            summary: Summary {
                network: name.to_owned(),
                ..Summary::default()
            },
            layers: vec![Layer {
                name: name.to_owned(),
                ..Layer::default()
            }],
            ..Report::default()
        };
        let page = page(&report).unwrap();
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(!page.contains("alert(1)</script>"));
        let (_, data) = page.split_once("id=\"report-data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let parsed: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(parsed["layers"][0]["name"], name);
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = page(&Report::default()).unwrap();
        for marker in ["{{TITLE}}", "{{STYLE}}", "{{DATA}}", "{{SCRIPT}}"] {
            assert!(!page.contains(marker), "{marker}");
        }
        assert!(page.contains("default-src 'none'"));
        for word in [
            "src=\"http",
            "href=\"http",
            "url(",
            "@import",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
