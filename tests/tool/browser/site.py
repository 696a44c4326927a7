"""site.py CHROMIUM AXE FOLDER SITE: the documentation site, as a browser shows it.

AXE is the file of axe-core, or empty. Pictures of some pages are left in FOLDER."""
import functools
import http.server
import pathlib
import sys
import tempfile
import threading
import time

from chromium import Chromium

program, axe, folder, site = sys.argv[1:5]
failures = []
figures = "figures-to-filter.html"
pictured = ["index.html", "reference.html", "headers/core.html", "performance.html", figures]


def check(what, holds, more=""):
    if not holds:
        failures.append(f"{what}: {more}")
        print("failed:", failures[-1])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def wait_until(browser, expression):
    end = time.monotonic() + 10
    while not browser.value(expression) and time.monotonic() < end:
        time.sleep(0.05)
    return browser.value(expression)


def look_at(browser, address, page, width, scheme):
    name = f"{page.replace('/', '-').removesuffix('.html')}-{width}-{scheme}"
    # The site keeps a choice between light and dark; a new reader has none.
    browser.call("Storage.clearDataForOrigin", origin=address[:-1], storageTypes="local_storage")
    browser.open(address + page, width, scheme)
    if page != figures:  # which takes the system's choice
        shown = wait_until(browser, "document.body.dataset.mdColorScheme")
        check(name, shown == {"light": "default", "dark": "slate"}[scheme], f"is {shown}")
    wide = browser.value("document.documentElement.scrollWidth")
    check(name, wide <= width, f"the page is {wide} wide")
    for each in browser.errors():
        check(name, False, each)
    for each in browser.told():
        of_the_site = each.startswith(("loads data:", "loads " + address))
        check(name, of_the_site or not each.startswith("loads "), each)
    if page in pictured:
        pathlib.Path(folder, f"site-{name}.png").write_bytes(browser.picture())
        if axe:
            browser.value(pathlib.Path(axe).read_text(encoding="utf-8") + "; 0")
            for each in browser.value(
                    "axe.run(document.querySelector('.md-content') || document)"
                    ".then(found => found.violations.map(v => "
                    "v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map("
                    "n => n.html.slice(0, 150)).join(' | ')))"):
                check(name, False, each)


def search(browser, address):
    browser.open(address + "index.html", 1400, "light")
    browser.value("document.querySelector('.md-search__input').focus()")
    wait_until(browser, "document.querySelector('.md-search-result__meta').textContent"
                        ".includes('Type to start')")
    for letter in "first_chunk":
        browser.key(letter, text=letter)
    found = wait_until(browser, "[...document.querySelectorAll('.md-search-result__link')]"
                                ".map(each => each.href).join(' ')")
    check("search", "reference.html" in found, f"found {found or 'nothing'}")


def filter_figures(browser, address):
    """With the keyboard: the figures of one contender, the least first."""
    browser.open(address + figures, 1400, "light")
    rows = "[...document.querySelectorAll('tbody tr')].filter(row => !row.hidden)"
    every = browser.value(rows + ".length")
    browser.value("document.querySelector('[name=contender]').focus()")
    for letter in "mimalloc":
        browser.key(letter, text=letter)
    names = browser.value(f"[...new Set({rows}.map(row => row.cells[1].textContent))].join()")
    check("filter", names == "mimalloc", f"shows the figures of {names}")
    browser.value("document.querySelector('th:nth-child(3) button').focus()")
    browser.key("Enter", 13, "\r")
    values = browser.value(rows + ".map(row => Number(row.cells[2].dataset.value))")
    check("filter", 30 < len(values) < every, f"shows {len(values)} of {every} figures")
    check("filter", values == sorted(values), "is not sorted")
    check("filter", browser.value("document.querySelectorAll('[aria-sort=ascending]').length") == 1,
          "does not say how it is sorted")


served = http.server.ThreadingHTTPServer(
    ("127.0.0.1", 0), functools.partial(Quiet, directory=site))
threading.Thread(target=served.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{served.server_port}/"
pages = sorted(file.relative_to(site).as_posix() for file in pathlib.Path(site).rglob("*.html")
               if "decisions" not in file.parts and file.name != "404.html")
with tempfile.TemporaryDirectory() as profile:
    browser = Chromium(program, profile)
    try:
        for page in pages:
            for width, scheme in ((390, "dark"), (1400, "light")):
                look_at(browser, address, page, width, scheme)
        for page in pictured:
            for width, scheme in ((390, "light"), (1400, "dark")):
                look_at(browser, address, page, width, scheme)
        search(browser, address)
        filter_figures(browser, address)
    finally:
        browser.close()
served.shutdown()
print(f"{len(pages)} pages, {len(failures)} failures")
sys.exit(bool(failures))
