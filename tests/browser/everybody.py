"""What holds of every screen: axe-core finds nothing, thumbs hit, nothing scrolls sideways, in both themes."""

from tests.node_process import ROOT

AXE = (ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js").read_text()
CONTRAST = "color-contrast"
COLORS = [CONTRAST, "link-in-text-block"]
"""Rules that the theme decides about; all others say the same in both."""
SMALL = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [role=button]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width < 39.5 || box.height < 39.5)
  .map(([box, html]) => `${box.width.toFixed(1)} x ${box.height.toFixed(1)} ${html}`)"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
HIGHER = "() => document.documentElement.scrollHeight - innerHeight"


async def is_for_everybody(page, state, *, phone):
    """Fail when what is shown is not fit for everybody on a screen of this width; charts never scroll."""
    await is_accessible(page, state)
    assert await page.page.evaluate(WIDER) == 0, state
    if phone:
        assert await page.page.evaluate(SMALL) == [], state
    else:
        assert await page.page.evaluate(HIGHER) == 0, state


async def is_accessible(page, state, *, within="html"):
    """Fail when something within an element cannot be read or reached, in either theme."""
    await _in_both_themes(page, state, within, {})


async def is_reachable(page, state):
    """Fail when a rule is broken that the theme does not decide about."""
    assert await _violations(page, "html", {"rules": {CONTRAST: {"enabled": False}}}) == [], state


async def is_legible(page, state):
    """Fail when colors are too alike, in either theme."""
    await _in_both_themes(page, state, "html", {"runOnly": COLORS})


async def _in_both_themes(page, state, within, options):
    for theme in ("light", "dark"):
        await page.page.emulate_media(color_scheme=theme)
        await page.until(f"document.documentElement.dataset.theme === '{theme}'")
        assert await _violations(page, within, options) == [], (state, theme)


async def _violations(page, within, options):
    """Return rule, weight and first element of what axe-core finds within an element."""
    if not await page.page.evaluate("() => 'axe' in window"):
        await page.page.evaluate(AXE)
    options = {"resultTypes": ["violations"]} | options
    found = await page.page.evaluate("([within, options]) => axe.run(within, options)", [within, options])
    return [(one["id"], one["impact"], one["nodes"][0]["html"][:160]) for one in found["violations"]]
