//! A headless Chromium, driven by the DevTools protocol over a pipe. Every way out is closed: names are not resolved and the
//! proxy does not exist; requests are recorded.
#![allow(clippy::print_stderr)]

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long anything may take. Machines of continuous integration are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names that the browser goes by, without a window first.
const NAMES: &[&str] = &[
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// `$TPUC_CHROMIUM`, or the browser on `PATH`. `None`, with a loud message that names the skipped test, when there is none.
pub fn find(test: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TPUC_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = NAMES
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!(
            "SKIPPED: {test}: no Chromium on PATH (apt-get install chromium-headless-shell or chromium, or set TPUC_CHROMIUM)"
        );
    }
    found
}

/// A page in a browser of its own.
pub struct Page {
    browser: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: String,
    next: u64,
    /// What the page complained about: errors and warnings of the console, exceptions, dialogs.
    pub complaints: Vec<String>,
    /// Addresses that the page asked for, the page itself among them.
    pub requests: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Page {
    /// Starts the browser with an empty page of this size.
    ///
    /// # Errors
    /// When it does not start or does not speak the protocol.
    pub fn open(browser: &Path, width: u32, height: u32) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        // The browser reads commands from descriptor 3 and answers on 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"])
            .arg(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--remote-debugging-pipe",
            ])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args([
                "--disable-default-apps",
                "--disable-extensions",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--proxy-server=127.0.0.1:9",
            ])
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the browser does not start")?;
        let commands = child.stdin.take().context("no way to the browser")?;
        let answers = child.stdout.take().context("no way back from the browser")?;
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0) {
                let Ok(message) = message else { return };
                let Ok(value) = serde_json::from_slice(&message) else {
                    continue;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        let mut page = Self {
            browser: child,
            commands,
            messages,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
        };
        let target = page.call("Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = page.call("Target.attachToTarget", attach)?;
        page.session = session["sessionId"].as_str().context("no session")?.to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.resize(width, height)?;
        Ok(page)
    }

    /// Calls a method of the protocol and waits for its result.
    ///
    /// # Errors
    /// When the browser refuses it, has gone, or does not answer in time.
    pub fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.commands.write_all(&bytes).context("the browser has gone")?;
        self.commands.flush()?;
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let answer = self
                .messages
                .recv_timeout(left)
                .with_context(|| format!("{method}: no answer from the browser"))?;
            if answer["id"] == self.next {
                if let Some(error) = answer.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(answer["result"].clone());
            }
            self.event(&answer);
        }
    }

    fn event(&mut self, message: &Value) {
        let parameters = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => self.complaints.push(parameters["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" => self.complaints.push(parameters.to_string()),
            "Log.entryAdded" => self.complaints.push(parameters["entry"].to_string()),
            "Page.javascriptDialogOpening" => {
                self.complaints.push(format!("dialog: {}", parameters["message"]))
            }
            "Network.requestWillBeSent" => {
                let url = parameters["request"]["url"].as_str().unwrap_or_default();
                self.requests.push(url.to_owned());
            }
            _ => {}
        }
    }

    /// Sets the size of the page.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn resize(&mut self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics)?;
        Ok(())
    }

    /// Loads a file and waits until a script's value is true.
    ///
    /// # Errors
    /// When it does not come so far.
    pub fn load(&mut self, file: &Path, ready: &str) -> Result<()> {
        let url = format!("file://{}", file.display());
        let loaded = self.call("Page.navigate", json!({"url": url}))?;
        if let Some(error) = loaded.get("errorText") {
            bail!("{url}: {error}");
        }
        self.wait_for(ready)
    }

    /// Waits until a script's value is true.
    ///
    /// # Errors
    /// When it does not become so.
    pub fn wait_for(&mut self, script: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.value(script)? == true {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("never true: {script}; complaints: {:?}", self.complaints)
    }

    /// The value of a script.
    ///
    /// # Errors
    /// When it throws.
    pub fn value(&mut self, script: &str) -> Result<Value> {
        let evaluate = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        let found = self.call("Runtime.evaluate", evaluate)?;
        if let Some(details) = found.get("exceptionDetails") {
            bail!("{script}: {details}");
        }
        Ok(found["result"]["value"].clone())
    }

    /// The text that a script gives.
    ///
    /// # Errors
    /// When it throws, or gives no text.
    pub fn text(&mut self, script: &str) -> Result<String> {
        let value = self.value(script)?;
        value
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("{script} gives {value}"))
    }

    /// Clicks with the mouse in the middle of the element that a script gives.
    ///
    /// # Errors
    /// When there is none, or it cannot be seen.
    pub fn click(&mut self, element: &str) -> Result<()> {
        let place = self.value(&format!(
            "(() => {{ const found = {element}; found.scrollIntoView({{block: 'center', inline: 'center'}}); \
             const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Presses a key: `ArrowDown`, `Tab`, `Enter`, `a`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn press(&mut self, key: &str) -> Result<()> {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = match key {
            "Enter" => Some("\r"),
            key if key.chars().count() == 1 => Some(key),
            _ => None,
        };
        let mut event = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if let Some(text) = text {
            event["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", event.clone())?;
        event["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", event)?;
        Ok(())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The browser's own way first: it takes its helpers with it.
        self.session.clear();
        let _ = self.call("Browser.close", json!({}));
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if matches!(self.browser.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
