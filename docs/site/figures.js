// Filters and sorts the rows that are there.
"use strict";
const body = document.querySelector("tbody");
const rows = [...body.rows];
const form = document.getElementById("filter");
const columns = {workload: 0, contender: 1, unit: 3, machine: 4};
const cell = (row, column) => row.cells[column].textContent;

function fill(select, column) {
    const values = [...new Set(rows.map((row) => cell(row, column)))];
    select.append(new Option("all", ""));
    let group, title;
    for (const value of values) {
        if (select.name !== "workload") {
            select.append(new Option(value));
            continue;
        }
        const [table, workload] = [value.split(": ")[0], value.slice(value.indexOf(": ") + 2)];
        if (table !== title) {
            title = table;
            group = document.createElement("optgroup");
            group.label = table;
            group.append(new Option(`${table}: all`, `${table}: `));
            select.append(group);
        }
        group.append(new Option(workload, value));
    }
}

function show() {
    let shown = 0;
    for (const row of rows) {
        row.hidden = Object.entries(columns).some(([name, column]) => {
            const wanted = form.elements[name].value;
            const is = cell(row, column);
            const isOfTable = wanted.endsWith(": ") && is.startsWith(wanted);
            return wanted !== "" && is !== wanted && !isOfTable;
        });
        shown += !row.hidden;
    }
    document.getElementById("shown").textContent = `${shown} of ${rows.length} figures`;
}

function sort(head) {
    const way = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const each of head.parentNode.cells) {
        each.removeAttribute("aria-sort");
    }
    head.setAttribute("aria-sort", way);
    const at = head.cellIndex;
    const key = (row) => row.cells[at].dataset.value;
    const compare = (a, b) => at === 2 ? key(a) - key(b)
        : cell(a, at).localeCompare(cell(b, at), "en", {numeric: true});
    rows.sort((a, b) => way === "ascending" ? compare(a, b) : compare(b, a));
    body.append(...rows);
}

for (const [name, column] of Object.entries(columns)) {
    fill(form.elements[name], column);
}
for (const head of document.querySelectorAll("th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
}
form.addEventListener("change", show);
form.addEventListener("reset", () => setTimeout(show));
form.hidden = false;
show();
