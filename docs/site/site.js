// What is wider than its frame can be scrolled with the keyboard, too.
function makeWidePartsFocusable() {
    for (const part of document.querySelectorAll("pre code, .md-typeset__scrollwrap")) {
        if (part.scrollWidth > part.clientWidth) {
            part.tabIndex = 0;
        } else {
            part.removeAttribute("tabindex");
        }
    }
}
addEventListener("load", makeWidePartsFocusable);
addEventListener("resize", makeWidePartsFocusable);
