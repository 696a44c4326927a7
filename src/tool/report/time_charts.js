// Live bytes over time: all charts show the same part of the time, and the same moment.

function timeCharts(all) {
    const points = all[0].whole.length;
    if (points < 3) return;
    const end = points - 1;
    const view = { from: 0, to: end, at: all[0].whole.indexOf(Math.max(...all[0].whole)) };
    const charts = all.map((data) => {
        const figure = document.getElementById(data.id);
        const picture = figure.querySelector(".areas");
        // A tooltip of the whole picture would hide what it shows.
        const title = picture.querySelector("title");
        picture.removeAttribute("aria-labelledby");
        picture.setAttribute("aria-label",
                             `${title.textContent}. ${picture.querySelector("desc").textContent}`);
        title.remove();
        const here = picture.appendChild(draw("line", { class: "here", y1: 0, y2: 240 }));
        const chosen = picture.appendChild(draw("rect", { class: "chosen", y: 0, height: 240 }));
        return {
            data, picture, here, chosen,
            plot: figure.querySelector(".plot"),
            levels: picture.querySelector(".levels"),
            moments: picture.querySelector(".moments"),
            readout: figure.querySelector(".readout"),
            // The legend is from the top to the bottom.
            values: [...figure.querySelectorAll(".legend b")].reverse(),
        };
    });
    const width = all[0].width;
    const most = Math.max(...all[0].whole, 1);

    const slider = make("input", { type: "range", min: 0, max: end, step: 1 });
    const controls = make("div", { class: "controls", role: "group", "aria-label": "Time" },
        make("label", { class: "moment-slider" }, "Moment", slider),
        button("Zoom in", () => zoomBy(0.5)), button("Zoom out", () => zoomBy(2)),
        button("All", () => zoomTo(0, end)));
    document.querySelector("#time figure").before(controls);

    const percent = (point) => `${(100 * (point - view.from)) / (view.to - view.from)}%`;

    function show(at) {
        view.at = Math.min(Math.max(Math.round(at), Math.ceil(view.from)), Math.floor(view.to));
        slider.value = view.at;
        slider.setAttribute("aria-valuetext", `after ${timeText(view.at * width)}: ` +
                            bytesText(all[0].whole[view.at]));
        for (const { data, here, readout, values } of charts) {
            here.setAttribute("x1", percent(view.at));
            here.setAttribute("x2", percent(view.at));
            readout.querySelector(".moment").textContent = `After ${timeText(view.at * width)}`;
            readout.querySelector("b").textContent = bytesText(data.whole[view.at]);
            values.forEach((value, i) => {
                value.textContent = bytesText(data.areas[i][view.at]);
            });
        }
    }

    function zoomTo(from, to) {
        const part = Math.min(Math.max(to - from, 4), end);
        view.from = Math.min(Math.max(from, 0), end - part);
        view.to = view.from + part;
        slider.min = Math.ceil(view.from);
        slider.max = Math.floor(view.to);
        const shown = all[0].whole.slice(Math.ceil(view.from), Math.floor(view.to) + 1);
        const top = Math.max(...shown, 1);
        const height = (1000 * top) / most;
        for (const { plot, levels, moments } of charts) {
            plot.setAttribute("viewBox", `${view.from} ${1000 - height} ${part} ${height}`);
            levels.replaceChildren(...levelsUpTo(top));
            moments.replaceChildren(...momentsInView());
        }
        show(view.at);
    }

    function label(text, attributes) {
        const element = draw("text", { class: "tick", ...attributes });
        element.textContent = text;
        return element;
    }

    // The same round numbers as those of the tool.
    function levelsUpTo(top) {
        const step = Math.max(2 ** Math.floor(Math.log2(top / 3)), 1);
        const elements = [];
        for (let bytes = step; bytes <= top; bytes += step) {
            const y = 240 * (1 - bytes / top);
            elements.push(draw("line", { class: "grid", x1: 0, x2: "100%", y1: y, y2: y }),
                          label(bytesText(bytes), { x: 2, y, dy: 12 }));
        }
        return elements;
    }

    function momentsInView() {
        const part = (view.to - view.from) * width;
        let step = 1;
        for (let i = 0; part / step > 5; ++i) step *= i % 3 === 1 ? 2.5 : 2;
        const elements = [];
        for (let at = Math.ceil((view.from * width) / step) * step;
             at + step / 2 <= view.to * width; at += step) {
            elements.push(label(shortTimeText(at), { x: percent(at / width), y: 256, dx: 2 }));
        }
        return elements;
    }

    function zoomBy(factor) {
        const half = ((view.to - view.from) * factor) / 2;
        zoomTo(view.at - half, view.at + half);
    }

    slider.addEventListener("input", () => show(+slider.value));
    slider.addEventListener("keydown", (event) => {
        if (event.key === "+") zoomBy(0.5);
        else if (event.key === "-") zoomBy(2);
        else if (event.key === "Escape") zoomTo(0, end);
    });
    for (const { picture, chosen } of charts) {
        let begin = null;
        const pointAt = (event) => {
            const box = picture.getBoundingClientRect();
            const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
            return view.from + part * (view.to - view.from);
        };
        const choose = (from, to) => {
            chosen.setAttribute("x", percent(Math.min(from, to)));
            chosen.setAttribute("width",
                                `${(100 * Math.abs(to - from)) / (view.to - view.from)}%`);
        };
        picture.addEventListener("pointerdown", (event) => {
            if (event.pointerType === "mouse" && event.button === 0) {
                begin = pointAt(event);
                picture.setPointerCapture(event.pointerId);
            }
            show(pointAt(event));
        });
        picture.addEventListener("pointermove", (event) => {
            show(pointAt(event));
            if (begin !== null) choose(begin, pointAt(event));
        });
        picture.addEventListener("pointerup", (event) => {
            const from = begin;
            begin = null;
            choose(0, 0);
            if (from !== null && Math.abs(pointAt(event) - from) > (view.to - view.from) / 100) {
                zoomTo(Math.min(from, pointAt(event)), Math.max(from, pointAt(event)));
            }
        });
        picture.addEventListener("pointercancel", () => { begin = null; choose(0, 0); });
        picture.addEventListener("dblclick", () => zoomTo(0, end));
    }
    zoomTo(0, end);
}
