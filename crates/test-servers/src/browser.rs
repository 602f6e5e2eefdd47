use crate::private_server::PrivateServer;

/// The driver of a Chromium without a window, which opens a browser with a profile of its own for each session.
#[derive(Debug)]
pub struct Browser(PrivateServer);

impl Browser {
    /// Starts the driver.
    #[must_use]
    pub fn start() -> Self {
        Self(PrivateServer::run("browser", false, &[]))
    }

    /// Where it takes sessions, as the `WebDriver` standard has them.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.variable("BROWSER_PORT"))
    }
}
