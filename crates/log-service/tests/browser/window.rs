//! A browser's window, and what people do there.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use test_servers::Browser;

use crate::site::Site;

static BROWSER: LazyLock<Browser> = LazyLock::new(Browser::start);

/// Longer than any page takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The window of a browser with a new profile.
pub struct Window<'s> {
    client: Client,
    session: String,
    site: &'s Site,
}

/// Opens a window, and closes it in the end. The pages must not have done anything that the browser complains of,
/// such as what their security policy forbids.
pub async fn browse(site: &Site, visit: impl AsyncFnOnce(&Window)) {
    let window = Window::new(site).await;
    visit(&window).await;
    let complaints: Vec<_> =
        window.complaints().into_iter().filter(|text| !is_about_an_answer(text)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    window.client.close().await.unwrap();
}

/// Chromium notes each answer with an error status, such as that to a wrong token, as an error of the page.
fn is_about_an_answer(complaint: &str) -> bool {
    complaint.contains("Failed to load resource: the server responded with a status of 4")
}

/// One that is not in a menu that is closed.
fn visible_button(text: &str) -> String {
    format!("//button[normalize-space()='{text}' and not(ancestor::details[not(@open)])]")
}

impl<'s> Window<'s> {
    async fn new(site: &'s Site) -> Self {
        let Value::Object(capabilities) = json!({
            "goog:chromeOptions": { "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
                "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-extensions", "--lang=en",
                // A page that needs something from outside does not get it.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ] },
            "goog:loggingPrefs": { "browser": "ALL" },
        }) else {
            unreachable!("it is an object")
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&BROWSER.url()).await.unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        let window = Self { client, session, site };
        window.resize(1280, 900);
        window
    }

    /// Types an address.
    pub async fn go(&self, page: &str) {
        self.client.goto(&self.site.at(page)).await.unwrap();
    }

    /// The address after the host.
    pub async fn page(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.site.at("")).unwrap().to_owned()
    }

    /// Follows the first link with this text.
    pub async fn follow(&self, text: &str) {
        self.leave_by(Locator::LinkText(text)).await;
    }

    /// Follows the first such link.
    pub async fn open(&self, css: &str) {
        self.leave_by(Locator::Css(css)).await;
    }

    /// Sends a form with this button.
    pub async fn send(&self, button: &str) {
        self.leave_by(Locator::XPath(&visible_button(button))).await;
    }

    /// Clicks, and waits until another page is there.
    async fn leave_by(&self, what: Locator<'_>) {
        let old = self.find(Locator::Css("html")).await;
        self.find(what).await.click().await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        while old.tag_name().await.is_ok() {
            assert!(Instant::now() < deadline, "{what:?} leads nowhere");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Clicks on what changes the page that is there.
    pub async fn click(&self, css: &str) {
        self.find(Locator::Css(css)).await.click().await.unwrap();
    }

    /// The same with a button.
    pub async fn press(&self, button: &str) {
        self.find(Locator::XPath(&visible_button(button))).await.click().await.unwrap();
    }

    /// Fills in the field with this label.
    pub async fn fill(&self, label: &str, value: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// Sets the time with this label. How one types it depends on the browser's language.
    pub async fn set_time(&self, label: &str, time: &str) {
        let field = serde_json::to_value(self.field(label).await).unwrap();
        self.client.execute("arguments[0].value = arguments[1]", vec![field, time.into()]).await.unwrap();
    }

    pub async fn tick(&self, label: &str) {
        let path = format!("//label[normalize-space()='{label}']/input[@type='checkbox']");
        self.find(Locator::XPath(&path)).await.click().await.unwrap();
    }

    /// What the field with this label holds.
    pub async fn value(&self, label: &str) -> String {
        self.field(label).await.prop("value").await.unwrap().unwrap()
    }

    async fn field(&self, label: &str) -> Element {
        let path = format!("//*[@id=//main//label[normalize-space()='{label}']/@for]");
        self.find(Locator::XPath(&path)).await
    }

    /// The text of the first such element.
    pub async fn text(&self, css: &str) -> String {
        self.find(Locator::Css(css)).await.text().await.unwrap()
    }

    /// The texts of all such elements, as they are seen.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    pub async fn attribute(&self, css: &str, name: &str) -> String {
        self.find(Locator::Css(css)).await.attr(name).await.unwrap().unwrap()
    }

    async fn find(&self, what: Locator<'_>) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(what).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let text = self.client.source().await.unwrap_or_default();
                panic!("{what:?} is not on {:?}: {error}\n{text}", self.client.current_url().await)
            }
        }
    }

    /// The answer to a request with the session of this window.
    pub async fn download(&self, address: &str) -> String {
        let cookies = self.client.get_all_cookies().await.unwrap();
        let cookies: Vec<_> =
            cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        let request = ureq::get(self.site.at(address)).header("cookie", cookies.join("; "));
        request.call().unwrap().body_mut().read_to_string().unwrap()
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn run_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// Makes the window so wide and high inside, in pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Asks pages for dark or light colours.
    pub fn prefer(&self, scheme: &str) {
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &feature);
    }

    pub fn hide_scrollbars(&self) {
        self.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
    }

    /// From now on, scripts of pages do not run.
    pub fn forbid_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// What is to be seen, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Errors and warnings since the last call.
    fn complaints(&self) -> Vec<String> {
        let entries = self.driver("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().unwrap().iter();
        let is_trouble = |entry: &&Value| ["WARNING", "SEVERE"].iter().any(|level| entry["level"] == *level);
        entries.filter(is_trouble).map(|entry| entry["message"].to_string()).collect()
    }

    fn devtools(&self, command: &str, params: &Value) {
        self.driver("goog/cdp/execute", &json!({ "cmd": command, "params": params }));
    }

    /// A command of Chromium's driver that is not in the standard.
    fn driver(&self, command: &str, body: &Value) -> Value {
        let url = format!("{}/session/{}/{command}", BROWSER.url(), self.session);
        let request = ureq::post(url).content_type("application/json");
        let answer = request.send(body.to_string()).unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()["value"].take()
    }
}
