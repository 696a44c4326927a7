"""check.py CHROMIUM AXE FOLDER PAGE...: pages of `strata report`, as a browser shows them.

AXE is the file of axe-core, or empty. Pictures of each page are left in FOLDER."""
import collections
import pathlib
import sys
import tempfile
import time

from chromium import Chromium, pixels

program, axe, folder = sys.argv[1:4]
failures = []


def check(what, holds, more=""):
    if not holds:
        failures.append(f"{what}: {more}")
        print("failed:", failures[-1])


# Where each picture is in the page; without those that a wide table has scrolled out of sight, and
# bars that are too short to be seen.
PICTURES = """
[...document.querySelectorAll(".areas, .frames, td.bar svg")].filter(each => each.checkVisibility())
    .map((each) => {
        const box = each.getBoundingClientRect();
        const shapes = [...each.querySelectorAll("path, rect:not(.chosen), circle")];
        return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height,
                shapes: shapes.filter(of => of.getBoundingClientRect().width >= 5).length,
                what: each.getAttribute("class") || "bar"};
    }).filter(each => each.shapes && each.x + each.width <= innerWidth)
"""


def drawn(browser, name):
    charts = browser.value(PICTURES)
    check(name, len(charts) > 3, f"{len(charts)} pictures")
    bars = [each for each in charts if each["what"] == "bar"]
    for chart in [each for each in charts if each["what"] != "bar"] + bars[:3] + bars[-3:]:
        shapes = chart.pop("shapes")
        what = chart.pop("what")
        rows = pixels(browser.picture(chart))
        colours = collections.Counter(each for row in rows for each in row)
        ground = browser.value("getComputedStyle(document.body).backgroundColor")
        ground = tuple(map(int, ground[4:-1].split(",")))
        covered = sum(colours.values()) - colours[ground]
        check(name, chart["width"] > 30, f"{what} is {chart['width']} wide")
        check(name, covered > 20, f"{what} with {shapes} shapes has {covered} pixels")


def keyboard(browser, name):
    browser.value("document.activeElement.blur(); scrollTo(0, 0)")
    seen = []
    for _ in range(200):
        browser.key("Tab", 9)
        seen.append(browser.value(
            "(of => of.type || of.getAttribute('role') || of.tagName)(document.activeElement)"))
        if seen[-1] == "BODY":
            break
    for each in ("range", "button", "radio", "search", "treeitem", "SUMMARY", "region"):
        check(name, each in seen or (each in ("radio", "search", "treeitem") and
                                     not browser.value("!!document.getElementById('flames')")),
              f"the keyboard does not reach {each}: {sorted(set(seen))}")
    browser.value("document.querySelector('input[type=range]').focus()")
    before = browser.value("document.querySelector('#time .readout').textContent")
    browser.key("Home", 36)
    after = browser.value("document.querySelector('#time .readout').textContent")
    check(name, before != after and after.startswith("After 0.000 ms"), after)
    browser.key("+", 187, "+")
    box = browser.value("document.querySelector('.plot').getAttribute('viewBox')")
    whole = browser.value("JSON.parse(document.getElementById('data').textContent)[0].whole.length")
    check(name, float(box.split()[2]) < whole - 1, f"+ does not zoom: {box}")
    browser.key("Escape", 27)
    if browser.value("!!document.getElementById('flames')"):
        flame(browser, name)


def flame(browser, name):
    focused = "document.activeElement.getAttribute('aria-label')"
    browser.value("document.querySelector('[role=treeitem][tabindex=\"0\"]').focus()")
    check(name, browser.value(focused).startswith("all: "), browser.value(focused))
    for _ in range(3):
        browser.key("ArrowDown", 40)
    inner = browser.value(focused)
    check(name, not inner.startswith("all: "), "ArrowDown does not move")
    browser.key("Enter", 13)
    width = "document.activeElement.getAttribute('width')"
    check(name, browser.value(width) == "100%", f"Enter does not zoom: {browser.value(width)}")
    check(name, inner == browser.value("document.querySelector('#flames > .readout').textContent"),
          "the frame is not told")
    browser.key("Escape", 27)
    text = inner.split(" ")[0].split("(")[0]
    browser.value(f"""(search => {{ search.value = {text!r};
                      search.dispatchEvent(new Event('input')); }})(
                      document.querySelector('input[type=search]'))""")
    found = browser.value("document.querySelector('output').textContent")
    check(name, found and not found.startswith("0 "), f"{text} is not found: {found}")


def pointer(browser, name):
    box = browser.value("""(() => { const of = document.querySelector('.areas');
        of.scrollIntoView({block: 'center'}); const b = of.getBoundingClientRect();
        return {x: b.x, y: b.y, width: b.width}; })()""")
    y = box["y"] + 100
    browser.mouse("mouseMoved", box["x"] + box["width"] / 4, y)
    told = browser.value("document.querySelector('#time .readout').textContent")
    check(name, told.startswith("After "), told)
    browser.mouse("mousePressed", box["x"] + box["width"] / 4, y, "left")
    browser.mouse("mouseMoved", box["x"] + box["width"] / 2, y, "left")
    browser.mouse("mouseReleased", box["x"] + box["width"] / 2, y, "left")
    part = browser.value("""document.querySelector('.plot').getAttribute('viewBox')""")
    whole = browser.value("JSON.parse(document.getElementById('data').textContent)[0].whole.length")
    check(name, float(part.split()[2]) < 0.4 * whole, f"a drag does not zoom: {part}")


def accessible(browser, name):
    browser.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    browser.value(pathlib.Path(axe).read_text(encoding="utf-8") + "; 0")
    for each in browser.value("axe.run().then(found => found.violations.map(v => "
                              "v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map("
                              "n => n.html.slice(0, 150)).join(' | ')))"):
        check(name, False, each)


with tempfile.TemporaryDirectory() as profile:
    browser = Chromium(program, profile)
    try:
        for page in sys.argv[4:]:
            url = pathlib.Path(page).resolve().as_uri()
            for width in (390, 1400):
                for scheme in ("light", "dark"):
                    name = f"{pathlib.Path(page).stem}-{width}-{scheme}"
                    begun = time.monotonic()
                    browser.open(url, width, scheme)
                    print(f"{name}: {time.monotonic() - begun:.2f} s to load")
                    wide = browser.value("document.documentElement.scrollWidth")
                    check(name, wide <= width, f"the page is {wide} wide")
                    pathlib.Path(folder, name + ".png").write_bytes(browser.picture(
                        {"x": 0, "y": 0, "width": width, "height": min(browser.value(
                            "document.documentElement.scrollHeight"), 12000)}))
                    drawn(browser, name)
                    if axe:
                        accessible(browser, name)
                    keyboard(browser, name)
                    pointer(browser, name)
                    for each in browser.told():
                        check(name, False, each)
            browser.open(url, 800, "light", "print")
            check(page, not browser.value("document.querySelector('.controls').checkVisibility()"),
                  "what is for the mouse is printed")
    finally:
        browser.close()
print(f"{len(failures)} failures")
sys.exit(bool(failures))
