// The flame graphs.

function flameGraph(figure, readout) {
    const picture = figure.querySelector(".frames");
    if (!picture) return null;
    const frames = [...picture.children].map((element, number) => ({
        element, number,
        begin: parseFloat(element.getAttribute("x")),
        part: parseFloat(element.getAttribute("width")),
        row: parseFloat(element.getAttribute("y")) / 18,
        title: element.querySelector("title").textContent,
    }));
    // The numbers are rounded to thousandths.
    const isWithin = (inner, outer) => inner.begin >= outer.begin - 0.002 &&
        inner.begin + inner.part <= outer.begin + outer.part + 0.002;
    let current = frames[0];

    function focus(frame) {
        current.element.setAttribute("tabindex", "-1");
        current = frame;
        current.element.setAttribute("tabindex", "0");
        current.element.focus({ preventScroll: false });
    }

    function zoom(to) {
        for (const frame of frames) {
            const isAbove = frame.row < to.row && isWithin(to, frame);
            const isShown = isAbove || (frame.row >= to.row && isWithin(frame, to));
            frame.element.style.display = isShown ? "" : "none";
            frame.isShown = isShown;
            if (!isShown) continue;
            const begin = isAbove ? 0 : (100 * (frame.begin - to.begin)) / to.part;
            const part = isAbove ? 100 : (100 * frame.part) / to.part;
            frame.element.setAttribute("x", `${begin}%`);
            frame.element.setAttribute("width", `${part}%`);
            if (part > 1.5 && !frame.element.querySelector("text")) {
                const text = draw("text", { x: 3, y: 13 });
                text.textContent = frame.title.split("\n")[0];
                frame.element.append(text);
            }
        }
    }

    const neighbours = {
        ArrowUp: (of) => frames.find((each) => each.row === of.row - 1 && isWithin(of, each)),
        ArrowDown: (of) => frames.find((each) => each.isShown && each.row === of.row + 1 &&
                                       isWithin(each, of)),
        ArrowRight: (of) => frames.slice(of.number + 1).find((each) => each.isShown &&
                                                             each.row === of.row),
        ArrowLeft: (of) => frames.slice(0, of.number).reverse().find((each) => each.isShown &&
                                                                     each.row === of.row),
        Home: () => frames[0],
    };

    picture.setAttribute("role", "tree");
    for (const frame of frames) {
        const { element, title } = frame;
        element.setAttribute("role", "treeitem");
        element.setAttribute("aria-level", frame.row + 1);
        element.setAttribute("aria-label", title.replace("\n", ": "));
        element.setAttribute("tabindex", "-1");
        const tell = () => { readout.textContent = title.replace("\n", ": "); };
        element.addEventListener("focus", tell);
        element.addEventListener("pointerenter", tell);
        element.addEventListener("click", () => { focus(frame); zoom(frame); });
        element.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") zoom(frame);
            else if (event.key === "Escape") zoom(frames[0]);
            else if (neighbours[event.key]) {
                const next = neighbours[event.key](frame);
                if (next) focus(next);
            } else return;
            event.preventDefault();
        });
    }
    frames[0].element.setAttribute("tabindex", "0");
    zoom(frames[0]);

    return {
        all: () => zoom(frames[0]),
        // The part of the width that is in frames with the text, each call counted once.
        find(text) {
            let count = 0;
            let part = 0;
            let reached = [];
            for (const frame of frames) {
                const isFound = text !== "" && frame.title.split("\n")[0].toLowerCase()
                    .includes(text.toLowerCase());
                frame.element.classList.toggle("found", isFound);
                if (!isFound) continue;
                ++count;
                if (!reached.some((outer) => isWithin(frame, outer))) {
                    reached.push(frame);
                    part += frame.part;
                }
            }
            return { count, part };
        },
    };
}

function flameGraphs(root) {
    const readout = make("p", { class: "readout" });
    const figures = [...root.querySelectorAll(".flame")];
    const graphs = figures.map((figure) => flameGraph(figure, readout));
    let shown = 0;

    const search = make("input", { type: "search", autocomplete: "off" });
    const found = make("output");
    const tellFound = () => {
        const text = search.value.trim();
        const { count, part } = graphs[shown]?.find(text) ?? { count: 0, part: 0 };
        found.textContent = text === "" ? "" : `${count} frames, ${part.toFixed(1)} %`;
    };
    search.addEventListener("input", tellFound);

    const choices = make("fieldset", {}, make("legend", {}, "Width"));
    figures.forEach((figure, i) => {
        const choice = make("input", { type: "radio", name: "measure" });
        choice.checked = i === 0;
        choice.addEventListener("change", () => { shown = i; showOne(); });
        choices.append(make("label", {}, choice, figure.querySelector("h3").textContent));
    });
    function showOne() {
        figures.forEach((figure, i) => { figure.hidden = i !== shown; });
        tellFound();
    }
    root.prepend(make("div", { class: "controls", role: "group", "aria-label": "Flame graph" },
                      choices, make("label", {}, "Search", search), found,
                      button("All", () => graphs[shown]?.all())),
                 make("p", {}, "A click or Enter on a frame zooms in, Escape out; the arrow keys " +
                      "move between frames."));
    root.append(readout);
    showOne();
}
