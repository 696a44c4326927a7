"""exports.py CHROMIUM FOLDER SPEEDSCOPE DH_VIEW TRACE_VIEWER: exports in the pages of other tools.

FOLDER has program.speedscope.json, program.dhat, program.perfetto.json, phases.perfetto.json, and
program.info.json with the figures that these must show. The others are folders of the tools, or
empty. Pictures of each page are left in FOLDER."""
import base64
import collections
import json
import pathlib
import sys
import tempfile
import time

from chromium import Chromium, pixels

program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
speedscope_folder, dh_view_folder, trace_viewer_folder = map(pathlib.Path, sys.argv[3:6])
figures = json.loads((folder / "program.info.json").read_text(encoding="utf-8"))
failures = []


def check(what, holds, more=""):
    if not holds:
        failures.append(f"{what}: {more}")
        print("failed:", failures[-1])


def shown(browser, name, condition):
    """Waits until the page shows something."""
    for _ in range(300):
        if browser.value(condition):
            return
        time.sleep(0.1)
    check(name, False, f"not so after 30 s: {condition}")


def finish(browser, name):
    """Keeps a picture of the first screen, and takes the errors of the console."""
    png = browser.picture({"x": 0, "y": 0, "width": 1400, "height": 900})
    (folder / (name + ".png")).write_bytes(png)
    colours = collections.Counter(each for row in pixels(png) for each in row)
    check(name, len(colours) > 20, f"{len(colours)} colours")
    for each in browser.errors():
        check(name, False, each)


def speedscope(browser):
    name = "speedscope"
    file = "program.speedscope.json"
    # As the command `speedscope` does it.
    content = base64.b64encode((folder / file).read_bytes()).decode()
    script = folder / "speedscope.js"
    script.write_text(f"speedscope.loadFileFromBase64({json.dumps(file)}, {json.dumps(content)})",
                      encoding="utf-8")
    browser.open(f"{(speedscope_folder / 'index.html').as_uri()}#localProfilePath={script}",
                 1400, "light")
    shown(browser, name, "document.body.innerText.includes('bytes allocated (1/4)')")
    time.sleep(1)  # it draws later
    finish(browser, name)
    browser.key("3", 51, "3")
    shown(browser, name, "/\\tgrow$/m.test(document.body.innerText)")
    finish(browser, name + "-functions")


def dh_view(browser):
    name = "dh_view"
    browser.open((dh_view_folder / "dh_view.html").as_uri(), 1400, "light")
    box = browser.call("Runtime.evaluate", expression="document.querySelector('input[type=file]')")
    browser.call("DOM.setFileInputFiles", files=[str(folder / "program.dhat")],
                 objectId=box["result"]["objectId"])
    shown(browser, name, "document.body.innerText.includes('Processing time')")
    text = browser.value("document.body.innerText")
    for key, figure in (("Total", "allocated"), ("At t-gmax", "peak"), ("At t-end", "live_at_end")):
        expected = f"{key + ':':10} {figures[figure]['bytes']:,} bytes"
        check(name, expected in text, f'no "{expected}" in {text[:2000]}')
    check(name, ": grow (program.c:" in text, f"no grow in {text[:2000]}")
    finish(browser, name)


# The viewer of chrome://tracing, which Go has a copy of: it defined the format that Perfetto reads.
def open_in_trace_viewer(browser, trace):
    page = folder / "trace_viewer.html"
    libraries = (trace_viewer_folder / "webcomponents.min.js",
                 trace_viewer_folder / "trace_viewer_full.html")
    elements, viewer = (each.read_text(encoding="utf-8") for each in libraries)
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'><script>{elements}</script>{viewer}",
                    encoding="utf-8")
    browser.open(page.as_uri(), 1400, "light")
    shown(browser, trace, "!!document.body && typeof tr === 'object'")
    text = (folder / trace).read_text(encoding="utf-8")
    return browser.value("""(text => {
        const model = new tr.Model();
        new tr.importer.Import(model).importTraces([text]);
        const tracks = document.createElement("track-view-container");
        tracks.id = "track_view_container";
        const viewer = document.createElement("tr-ui-timeline-view");
        viewer.track_view_container = tracks;
        Polymer.dom(viewer).appendChild(tracks);
        viewer.globalMode = true;
        Polymer.dom(document.body).appendChild(viewer);
        viewer.model = model;
        const programs = Object.values(model.processes);
        const numbers = counter => counter.series[0].samples.map(each => each.value);
        return {
            names: programs.map(each => each.name),
            warnings: model.importWarnings.map(each => each.message),
            counters: Object.fromEntries(programs.flatMap(each => Object.values(each.counters))
                .map(each => [each.name, numbers(each)])),
            slices: programs.flatMap(each => Object.values(each.threads))
                .flatMap(each => each.sliceGroup.slices).map(each => each.title),
        };
    })(""" + json.dumps(text) + ")")


def trace_viewer(browser):
    name = "trace_viewer"
    told = open_in_trace_viewer(browser, "program.perfetto.json")
    check(name, told["names"][0].endswith("/program") and not told["warnings"], told)
    live = told["counters"]["live bytes"]
    check(name, max(live) == figures["peak"]["bytes"], told)
    check(name, live[-1] == figures["live_at_end"]["bytes"], told)
    finish(browser, name)
    told = open_in_trace_viewer(browser, "phases.perfetto.json")
    check(name, told["slices"] == ["parse", "parse"] and not told["warnings"], told)
    finish(browser, name + "-phases")


with tempfile.TemporaryDirectory() as profile:
    browser = Chromium(program, profile)
    opened = 0
    try:
        for tool, place in ((speedscope, sys.argv[3]), (dh_view, sys.argv[4]),
                            (trace_viewer, sys.argv[5])):
            if place:
                tool(browser)
                print(f"{tool.__name__}: opened")
                opened += 1
            else:
                print(f"{tool.__name__}: not there, so not opened")
    finally:
        browser.close()
check("tools", opened >= 2, f"{opened} opened, expected at least 2 of 3")
print(f"{len(failures)} failures")
sys.exit(bool(failures))
