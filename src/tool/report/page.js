// Buttons beside the lines to paste, and the start of all.

function copyButtons() {
    for (const line of document.querySelectorAll(".paste dd")) {
        const copy = button("Copy", async () => {
            getSelection().selectAllChildren(line.querySelector("code"));
            try {
                await navigator.clipboard.writeText(line.querySelector("code").textContent);
                copy.textContent = "Copied";
            } catch {
                copy.textContent = "Selected";
            }
        });
        copy.setAttribute("aria-label", `Copy: ${line.previousElementSibling.textContent}`);
        line.append(copy);
    }
}

timeCharts(JSON.parse(document.getElementById("data").textContent));
const flames = document.getElementById("flames");
if (flames) flameGraphs(flames);
copyButtons();
