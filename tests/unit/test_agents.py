import pytest

from actors.agents import browser_of, device_of, system_of

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "browser", "system", "device"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}", "Chrome", "Linux", "Desktop"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/140.0", "Edge", "Windows", "Desktop"),
        (f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {CHROME}", "Chrome", "Android", "Mobile"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605", "Safari", "macOS", "Desktop"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604", "Safari", "iOS", "Mobile"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Windows", "Desktop"),
        ("python-httpx/0.28", "Python", "", ""),
        ("node", "Node.js", "", ""),
        ("", "", "", ""),
        ("<script>", "", "", ""),
    ],
)
def test_what_a_user_agent_names(agent, browser, system, device):
    assert (browser_of(agent), system_of(agent), device_of(agent)) == (browser, system, device)
