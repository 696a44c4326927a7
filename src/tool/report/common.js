// Hover, zoom and search in the pictures of the page. Without a script it shows the same, still.
// embed.py makes one script of the files, this one first.
"use strict";

const svgSpace = "http://www.w3.org/2000/svg";

function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

function draw(name, attributes) {
    const element = document.createElementNS(svgSpace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
}

function button(text, action) {
    const element = make("button", { type: "button" }, text);
    element.addEventListener("click", action);
    return element;
}

// --- numbers, as the tool writes them -----------------------------------------------------------

function bytesText(bytes) {
    if (bytes < 10240) return `${bytes} B`;
    const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = -1;
    do {
        bytes /= 1024;
        ++unit;
    } while (bytes >= 1024);
    return `${bytes.toFixed(1)} ${units[unit]}`;
}

function timeText(microseconds) {
    return microseconds < 1e6 ? `${(microseconds / 1e3).toFixed(3)} ms`
                              : `${(microseconds / 1e6).toFixed(3)} s`;
}

function shortTimeText(microseconds) {
    return microseconds < 1e6 ? `${+(microseconds / 1e3).toFixed(3)} ms`
                              : `${+(microseconds / 1e6).toFixed(6)} s`;
}
