//! Just enough of W3C WebDriver to look at the page inside the real window, through Debian's WebKitWebDriver, or inside
//! Chromium, through its own: where an element is, what it says. Keys and the mouse go through the display (see `hands`), as a person's would.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::child::{self, Child};
use crate::display::Display;
use crate::wait;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window program started by WebKitWebDriver, and the session with its page.
#[derive(Debug)]
pub struct Page {
    address: SocketAddr,
    session: String,
    driver: Child,
}

impl Page {
    /// Starts WebKitWebDriver, and through it the window program with these arguments.
    ///
    /// # Errors
    /// When the driver is not installed, or the window does not come up.
    pub fn start(
        display: &Display,
        logs: &Path,
        program: &Path,
        args: &[String],
        env: &[(String, String)],
    ) -> Result<Self> {
        let mut command: Command = child::command("WebKitWebDriver");
        command.arg("--host=127.0.0.1");
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let mut page = Self::start_driver("WebKitWebDriver", command, display, logs)?;
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "easien",
            "webkitgtk:browserOptions": { "binary": program, "args": args },
        }}});
        let alternative = json!({"capabilities": {"alwaysMatch": {
            "webkitgtk:browserOptions": { "binary": program, "args": args },
        }}});
        let reply = match page.ask("POST", "/session", &alternative) {
            Ok(reply) => reply,
            Err(first) => page.ask("POST", "/session", &wanted).with_context(|| format!("after: {first}"))?,
        };
        page.session = reply["sessionId"].as_str().context("a session id")?.to_owned();
        Ok(page)
    }

    /// Starts Chromium through its driver, without a frame, on this address.
    ///
    /// # Errors
    /// When Chromium or its driver is not installed, or does not come up.
    pub fn start_chromium(
        display: &Display,
        logs: &Path,
        home: &Path,
        url: &str,
        env: &[(String, String)],
    ) -> Result<Self> {
        std::fs::create_dir_all(home)?;
        let mut command: Command = child::command("chromedriver");
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home);
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let mut page = Self::start_driver("chromedriver", command, display, logs)?;
        let profile = format!("--user-data-dir={}", home.join("profile").display());
        let app = format!("--app={url}");
        // The one page it sees is our own: what keeps foreign pages in check may be off, which CI's root needs.
        let args = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-breakpad",
            "--no-first-run",
            "--no-default-browser-check",
            "--password-store=basic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-extensions",
            "--kiosk",
            "--window-position=0,0",
            profile.as_str(),
            app.as_str(),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {
                "binary": "/usr/bin/chromium", "args": args, "excludeSwitches": ["enable-automation"],
            },
        }}});
        let reply = page.ask("POST", "/session", &wanted)?;
        reply["sessionId"].as_str().context("a session id")?.clone_into(&mut page.session);
        Ok(page)
    }

    fn start_driver(name: &str, mut command: Command, display: &Display, logs: &Path) -> Result<Self> {
        // A driver cannot be asked for a free port: take one and let it go for it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        command.arg(format!("--port={port}"));
        display.dress(&mut command);
        let driver = Child::start(name, command, &logs.join("webdriver.log"))?;
        wait::until(&format!("{name} listens"), Duration::from_secs(20), Duration::from_millis(50), || {
            TcpStream::connect_timeout(&address, Duration::from_millis(200)).map(drop)
        })?;
        Ok(Self { address, session: String::new(), driver })
    }

    /// One HTTP request; the `value` of the reply.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let body = if method == "GET" || method == "DELETE" { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut reply = Vec::new();
        let mut chunk = [0_u8; 65536];
        loop {
            if let Some(whole) = body_of(&reply) {
                let value: Value = serde_json::from_slice(whole).context("the driver's JSON")?;
                if let Some(error) = value["value"]["error"].as_str() {
                    bail!("WebDriver {method} {path}: {error}: {}", value["value"]["message"]);
                }
                return Ok(value["value"].clone());
            }
            let count = stream.read(&mut chunk).context("the driver's answer")?;
            if count == 0 {
                bail!("the driver closed the connection in the middle of an answer to {method} {path}");
            }
            reply.extend_from_slice(&chunk[..count]);
        }
    }

    /// Runs JavaScript (`return ...`) in the page; `arguments[0]` and so on are `args`.
    ///
    /// # Errors
    /// When it throws.
    pub fn script(&self, script: &str, args: &[Value]) -> Result<Value> {
        let path = format!("/session/{}/execute/sync", self.session);
        self.ask("POST", &path, &json!({"script": script, "args": args}))
    }

    /// The rectangle of the first element that a CSS selector finds, in the window's CSS pixels: x, y, width, height.
    ///
    /// # Errors
    /// When there is none.
    pub fn rect(&self, selector: &str) -> Result<crate::screen::Area> {
        let found = self.script(
            "const e = document.querySelector(arguments[0]); if (!e) return null;
             const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round);",
            &[json!(selector)],
        )?;
        let number = |index: usize| found[index].as_u64().and_then(|value| u32::try_from(value).ok());
        match (number(0), number(1), number(2), number(3)) {
            (Some(x), Some(y), Some(width), Some(height)) => Ok(crate::screen::Area { x, y, width, height }),
            _ => bail!("no element {selector} on the page ({found})"),
        }
    }

    /// The visible text of the first element that a CSS selector finds.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, selector: &str) -> Result<String> {
        let found = self.script(
            "const e = document.querySelector(arguments[0]); return e ? e.innerText : null;",
            &[json!(selector)],
        )?;
        found.as_str().map(str::to_owned).with_context(|| format!("no element {selector} on the page"))
    }

    /// The whole page as HTML, with what stands in its fields.
    ///
    /// # Errors
    /// When the session is gone.
    pub fn html(&self) -> Result<String> {
        let found = self.script(
            "return document.documentElement.outerHTML + '\\n'
                + [...document.querySelectorAll('input,textarea')].map((e) => e.value).join('\\n');",
            &[],
        )?;
        Ok(found.as_str().unwrap_or_default().to_owned())
    }

    /// The element's reference, for what WebDriver itself must do.
    ///
    /// # Errors
    /// When there is none.
    pub fn element(&self, selector: &str) -> Result<String> {
        let path = format!("/session/{}/element", self.session);
        let found = self.ask("POST", &path, &json!({"using": "css selector", "value": selector}))?;
        found[ELEMENT].as_str().map(str::to_owned).with_context(|| format!("no element {selector}"))
    }

    /// The driver's process.
    #[must_use]
    pub fn driver_pid(&self) -> u32 {
        self.driver.pid()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", &format!("/session/{}", self.session), &Value::Null);
    }
}

/// The body of an HTTP/1.1 answer once it is there whole (the driver always tells its length).
fn body_of(reply: &[u8]) -> Option<&[u8]> {
    let head = reply.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&reply[..head]).to_ascii_lowercase();
    let length: usize =
        text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    reply.get(head + 4..head + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::body_of;

    #[test]
    fn a_body_is_there_when_all_of_it_is() {
        assert_eq!(body_of(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), Some(&b"{}"[..]));
        assert_eq!(body_of(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}"), None);
        assert_eq!(body_of(b"HTTP/1.1 200 OK\r\n"), None);
    }
}
